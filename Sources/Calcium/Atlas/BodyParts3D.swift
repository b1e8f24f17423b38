// SPDX-License-Identifier: Apache-2.0
import Meshes

/// The meshes of BodyParts3D 4.0 that a body atlas is made of, by their file names.
///
/// BodyParts3D, © The Database Center for Life Science licensed under CC Attribution 4.0
/// International (Mitsuhashi N et al., Nucleic Acids Res. 2009;37:D782, doi:10.1093/nar/gkn613). The
/// names are those of its archive of Wavefront OBJ files; no mesh is part of this project.
enum BodyParts3D: String, CaseIterable {
  /// Both sides, first to twelfth.
  case ribs
  /// Manubrium, body and xiphoid process.
  case sternum
  /// First to seventh of both sides.
  case costalCartilages
  /// Those of neck, chest and loins.
  case vertebrae
  /// Between the vertebrae.
  case discs
  /// Clavicles and scapulae.
  case shoulders
  /// Of the trunk; those of the arms are left out, which lie above the head in a scanner.
  case muscles
  /// Its segments.
  case liver
  /// Wall and content.
  case stomach
  case spleen
  case kidneys
  /// Large and small bowel, pancreas, duodenum and gallbladder.
  case bowel
  case oesophagus
  /// Trachea, main and segmental bronchi.
  case airways
  case thymus
  /// The cavity.
  case leftVentricle
  /// The cavity.
  case rightVentricle
  /// The cavity.
  case leftAtrium
  /// The cavity.
  case rightAtrium
  /// The wall of both ventricles, with the papillary muscles.
  case myocardium
  case atrialWalls
  /// The cusps of the aortic valve.
  case aorticRoot
  /// Its leaflets.
  case mitralValve
  /// Ascending, arch and descending, with the arteries that leave the arch.
  case aorta
  /// The trunk with its valve.
  case pulmonaryTrunk
  /// Left, right and their branches in the lungs.
  case pulmonaryArteries
  /// With their branches in the lungs.
  case pulmonaryVeins
  /// Caval, brachiocephalic, subclavian and azygos veins.
  case veins
  /// Coronary sinus and the veins of the heart.
  case coronaryVeins
  /// The trunk of the left coronary artery.
  case leftMain
  /// Trunk, diagonal, septal and anterior branches.
  case leftAnteriorDescending
  /// Trunk and marginal branches.
  case leftCircumflex
  /// Trunk, marginal, posterior interventricular and posterior ventricular branches.
  case right

  /// How a part follows where the heart is turned.
  enum Turning {
    /// As the heart, being a part of it.
    case heart
    /// Less, the farther from the heart.
    case surroundings
    /// Not at all.
    case none
  }

  /// How it follows where the heart is turned.
  var turning: Turning {
    switch self {
    case .leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium, .myocardium, .atrialWalls,
      .aorticRoot, .mitralValve, .pulmonaryTrunk, .coronaryVeins, .leftMain,
      .leftAnteriorDescending, .leftCircumflex, .right:
      .heart
    case .aorta, .pulmonaryArteries, .pulmonaryVeins, .veins, .airways, .oesophagus, .thymus,
      .liver, .stomach, .spleen:
      .surroundings
    default: .none
    }
  }

  /// The names of its files, without their ending.
  var files: [String] {
    let list =
      switch self {
      case .ribs:
        """
        FJ3225 FJ3226 FJ3227 FJ3228 FJ3229 FJ3230 FJ3231 FJ3232 FJ3233 FJ3234 FJ3235 FJ3236
        FJ3330 FJ3331 FJ3332 FJ3334 FJ3336 FJ3338 FJ3340 FJ3342 FJ3344 FJ3346 FJ3347 FJ3348
        """
      case .sternum:
        """
        FJ3153 FJ3178 FJ3290
        """
      case .costalCartilages:
        """
        FJ3239 FJ3242 FJ3245 FJ3248 FJ3251 FJ3254 FJ3255 FJ3333 FJ3335 FJ3337 FJ3339 FJ3341
        FJ3343 FJ3345
        """
      case .vertebrae:
        """
        FJ3154 FJ3155 FJ3156 FJ3157 FJ3158 FJ3159 FJ3160 FJ3162 FJ3163 FJ3166 FJ3167 FJ3169
        FJ3170 FJ3171 FJ3172 FJ3173 FJ3174 FJ3175
        """
      case .discs:
        """
        FJ3203 FJ3204 FJ3205 FJ3206 FJ3207 FJ3208 FJ3209 FJ3210 FJ3211 FJ3212 FJ3214 FJ3219
        FJ3220 FJ3221 FJ3222 FJ3223 FJ3224
        """
      case .shoulders:
        """
        FJ3237 FJ3279 FJ3362 FJ3384
        """
      case .muscles:
        """
        FJ1431 FJ1431M FJ1446 FJ1446M FJ1447 FJ1447M FJ1456 FJ1456M FJ1459 FJ1459M FJ1460
        FJ1460M FJ1461 FJ1461M FJ1462 FJ1462M FJ1463 FJ1463M FJ1464 FJ1464M FJ1500 FJ1500M
        FJ1504 FJ1504M FJ1506 FJ1506M FJ1507 FJ1507M FJ1508 FJ1508M FJ1520 FJ1520M FJ1521
        FJ1521M FJ1522 FJ1522M FJ1524 FJ1524M FJ1525 FJ1525M FJ1526 FJ1526M FJ1527 FJ1527M
        FJ1528 FJ1528M FJ1532 FJ1532M FJ1534 FJ1534M FJ1535 FJ1535M FJ1536 FJ1536M FJ1537
        FJ1537M FJ1539 FJ1539M FJ1540 FJ1540M FJ1541 FJ1541M FJ1542 FJ1542M FJ1543 FJ1543M
        FJ1544 FJ1544M FJ1546 FJ1546M FJ1547 FJ1547M FJ1548 FJ1548M FJ1549 FJ1549M FJ1550
        FJ1550M FJ1551 FJ1551M FJ1552 FJ1552M FJ1553 FJ1553M FJ1554 FJ1554M FJ1557 FJ1570
        FJ1571 FJ1572 FJ1592 FJ1593 FJ1594 FJ1601 FJ2740 FJ2752
        """
      case .liver:
        """
        FJ1858 FJ2409 FJ2816 FJ2818 FJ2819 FJ2820 FJ2821 FJ2822 FJ2823 FJ2824
        """
      case .stomach:
        """
        FJ2564
        """
      case .spleen:
        """
        FJ2561
        """
      case .kidneys:
        """
        FJ3145 FJ3147
        """
      case .bowel:
        """
        FJ2566 FJ2567 FJ2572 FJ2573 FJ2606 FJ2616 FJ2617 FJ2618 FJ2620 FJ2621 FJ2622 FJ2623
        FJ2629 FJ2817
        """
      case .oesophagus:
        """
        FJ2563
        """
      case .airways:
        """
        FJ2441 FJ2442 FJ2443 FJ2444 FJ2445 FJ2446 FJ2447 FJ2448 FJ2449 FJ2450 FJ2451 FJ2452
        FJ2453 FJ2454 FJ2455 FJ2456 FJ2457 FJ2458 FJ2459 FJ2460 FJ2461 FJ2462 FJ2463 FJ2464
        FJ2465 FJ2466 FJ2467 FJ2468 FJ2469 FJ2470 FJ2471 FJ2472 FJ2473 FJ2474 FJ2475 FJ2476
        FJ2477 FJ2478 FJ2479 FJ2480 FJ2481 FJ2482 FJ2483 FJ2484 FJ2485 FJ2486 FJ2487 FJ2488
        FJ2489 FJ2490 FJ2491 FJ2492 FJ2493 FJ2494 FJ2495 FJ2496 FJ2497 FJ2498 FJ2499 FJ2500
        FJ2501 FJ2502 FJ2503 FJ2504 FJ2505 FJ2506 FJ2507 FJ2508 FJ2509 FJ2510 FJ2511 FJ2512
        FJ2513 FJ2514 FJ2515 FJ2516 FJ2517 FJ2518 FJ2519 FJ2520 FJ2521 FJ2522 FJ2523 FJ2524
        FJ2525 FJ2526 FJ2527 FJ2528 FJ2529 FJ2530 FJ2531 FJ2532 FJ2533 FJ2534 FJ2535 FJ2536
        FJ2537 FJ2538 FJ2539 FJ2540 FJ2541
        """
      case .thymus:
        """
        FJ3150 FJ3151
        """
      case .leftVentricle:
        """
        FJ2422
        """
      case .rightVentricle:
        """
        FJ2423
        """
      case .leftAtrium:
        """
        FJ2425
        """
      case .rightAtrium:
        """
        FJ2424
        """
      case .myocardium:
        """
        FJ2418 FJ2419 FJ2428 FJ2429 FJ2430 FJ2437
        """
      case .atrialWalls:
        """
        FJ2438 FJ2439
        """
      case .aorticRoot:
        """
        FJ2426 FJ2431 FJ2435
        """
      case .mitralValve:
        """
        FJ2420 FJ2432
        """
      case .aorta:
        """
        FJ1931 FJ1932 FJ3411 FJ3413 FJ3417 FJ3479 FJ3483 FJ3564 FJ3579
        """
      case .pulmonaryTrunk:
        """
        FJ2417 FJ2427 FJ2434 FJ2966
        """
      case .pulmonaryArteries:
        """
        FJ2041 FJ2044 FJ2881 FJ2882 FJ2883 FJ2884 FJ2885 FJ2886 FJ2887 FJ2888 FJ2889 FJ2890
        FJ2891 FJ2892 FJ2893 FJ2894 FJ2895 FJ2896 FJ2897 FJ2898 FJ2899 FJ2900 FJ2901 FJ2902
        FJ2903 FJ2904 FJ2905 FJ2906 FJ2907 FJ2908 FJ2909 FJ2910 FJ2911 FJ2912 FJ2913 FJ2914
        FJ2915 FJ2916 FJ2917 FJ2918 FJ2919 FJ2920 FJ2921 FJ2922 FJ2923 FJ2924 FJ2967 FJ2968
        FJ2969 FJ2970 FJ2971 FJ2972 FJ2973 FJ2974 FJ2975 FJ2976 FJ2977 FJ2978 FJ2979 FJ2980
        FJ2981 FJ2982 FJ2983 FJ2984 FJ2985 FJ2986 FJ2987 FJ2988 FJ2989 FJ2990 FJ2991 FJ2992
        FJ2993 FJ2994 FJ2995 FJ2996 FJ2997 FJ2998 FJ2999 FJ3000 FJ3001 FJ3002 FJ3003 FJ3004
        FJ3005 FJ3006 FJ3007 FJ3008 FJ3009 FJ3010 FJ3011 FJ3012 FJ3013 FJ3014 FJ3015 FJ3016
        FJ3017 FJ3018 FJ3019
        """
      case .pulmonaryVeins:
        """
        FJ2925 FJ2926 FJ2927 FJ2928 FJ2929 FJ2930 FJ2931 FJ2932 FJ2933 FJ2934 FJ2935 FJ2936
        FJ2937 FJ2938 FJ2939 FJ2940 FJ2941 FJ2942 FJ2943 FJ2944 FJ2945 FJ2946 FJ2947 FJ2948
        FJ2949 FJ2950 FJ2951 FJ2952 FJ2953 FJ2954 FJ2955 FJ2956 FJ2957 FJ2958 FJ2959 FJ2960
        FJ2961 FJ2962 FJ2963 FJ2964 FJ2965 FJ3020 FJ3021 FJ3022 FJ3023 FJ3024 FJ3025 FJ3026
        FJ3027 FJ3028 FJ3029 FJ3030 FJ3032 FJ3033 FJ3034 FJ3035 FJ3036 FJ3037 FJ3038 FJ3039
        FJ3040 FJ3041 FJ3042 FJ3043 FJ3044 FJ3045 FJ3046 FJ3047 FJ3048 FJ3049 FJ3050 FJ3051
        FJ3052 FJ3053 FJ3054 FJ3055 FJ3056 FJ3057 FJ3058 FJ3059 FJ3060 FJ3061 FJ3062 FJ3063
        FJ3064 FJ3065 FJ3066 FJ3067 FJ3068 FJ3069 FJ3070
        """
      case .veins:
        """
        FJ1981 FJ3416 FJ3434 FJ3441 FJ3482 FJ3486 FJ3583 FJ3587 FJ3645 FJ3659
        """
      case .coronaryVeins:
        """
        FJ2655 FJ2656 FJ2657 FJ2658 FJ2659 FJ2660 FJ2661 FJ2662 FJ2663 FJ2664 FJ2665 FJ2678
        FJ2679 FJ2680 FJ2681 FJ2682 FJ2683 FJ2684 FJ2685 FJ2686 FJ2687 FJ2688 FJ2689 FJ2690
        FJ2691 FJ2701 FJ2702 FJ2703 FJ2704 FJ2705 FJ2706 FJ2707 FJ2708 FJ2709 FJ2710 FJ2711
        FJ2712 FJ2713 FJ2724 FJ2725 FJ2727 FJ2728 FJ2729 FJ2730 FJ2731
        """
      case .leftMain:
        """
        FJ2737
        """
      case .leftAnteriorDescending:
        """
        FJ2631 FJ2632 FJ2633 FJ2634 FJ2635 FJ2636 FJ2637 FJ2638 FJ2639 FJ2640 FJ2641 FJ2642
        FJ2643 FJ2644 FJ2645 FJ2646 FJ2647 FJ2648 FJ2732 FJ2733 FJ2734
        """
      case .leftCircumflex:
        """
        FJ2649 FJ2650 FJ2651 FJ2652 FJ2653 FJ2654
        """
      case .right:
        """
        FJ2667 FJ2668 FJ2670 FJ2671 FJ2672 FJ2673 FJ2674 FJ2675 FJ2676 FJ2677 FJ2692 FJ2693
        FJ2694 FJ2695 FJ2696 FJ2697 FJ2698 FJ2699 FJ2700 FJ2714 FJ2715 FJ2716 FJ2717 FJ2718
        FJ2719 FJ2720 FJ2721 FJ2722 FJ2723 FJ2735 FJ2736
        """
      }
    return list.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}

extension HeartTurn {
  /// A mesh of a part of the body, turned with the heart.
  func mesh(_ mesh: Mesh, of part: BodyParts3D) -> Mesh {
    switch part.turning {
    case .heart: Mesh(vertices: mesh.vertices.map(heart), triangles: mesh.triangles)
    case .surroundings:
      Mesh(vertices: mesh.vertices.map(surroundings), triangles: mesh.triangles)
    case .none: mesh
    }
  }
}
