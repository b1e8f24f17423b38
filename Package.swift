// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// One set of switches for every Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// Voxel loops are 11 to 15 times slower without the optimiser, so numeric targets keep it in debug builds.
let numeric: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A library target of this package.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = numeric,
  linked: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, swiftSettings: settings,
    linkerSettings: linked.map { .linkedLibrary($0) })
}

/// The tests of one module; `TestSupport` is always at hand.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
    swiftSettings: strict)
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "CACScoring",
  platforms: [.macOS(.v14)],
  products: [
    .executable(name: "cac", targets: ["cac"]),
    // Opened by `cac` on first use, from the folder that `cac` lies in.
    .library(name: "cac-gdcm", type: .dynamic, targets: ["CGDCMImpl"]),
    .library(name: "cac-itk", type: .dynamic, targets: ["CITKImpl"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Numeric cores: no files, no printing.
    module("Volume"),
    module("Statistics", linked: ["m"]),

    // Formats.
    module("Files"),
    .target(
      name: "CNIfTI",
      cSettings: [.headerSearchPath(".")],
      linkerSettings: ["niftiio", "znz", "deflate", "z"].map { .linkedLibrary($0) }),
    module("NIfTI", ["CNIfTI", "Volume", "Files"]),
    .target(name: "CSibling", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CGDCM", dependencies: ["CSibling"]),
    .target(
      name: "CGDCMImpl",
      linkerSettings: ["gdcmMSFF", "gdcmDICT", "gdcmDSED", "gdcmIOD", "gdcmCommon"].map {
        .linkedLibrary($0)
      }),
    // ITK is the library that nnU-Net's own reader, SimpleITK, is made of; libtiff reads the TIFFs
    // that ITK takes for something else.
    .target(name: "CITK", dependencies: ["CSibling"]),
    .target(
      name: "CITKImpl",
      cxxSettings: [.unsafeFlags(["-isystem", "/usr/include/ITK-5.2"])],
      linkerSettings: [
        "ITKCommon", "ITKIOImageBase", "ITKIONRRD", "ITKIOMeta", "ITKIOGIPL", "ITKIOPNG",
        "ITKIOBMP", "ITKIOTIFF",
      ].map { .linkedLibrary("\($0)-5.2") } + [.linkedLibrary("tiff")]),
    module("Images", ["CITK", "Volume", "Files"]),
    // The system's zlib, which inflates what a file holds of a stream that was cut.
    .systemLibrary(name: "CZlib"),
    module("DICOM", ["CGDCM", "CZlib", "Volume", "Files"]),
    // libzip and Foundation's XML parser read Excel workbooks, libxlsxwriter writes them.
    .target(
      name: "CSpreadsheet", linkerSettings: ["zip", "xlsxwriter"].map { .linkedLibrary($0) }),
    module("Spreadsheet", ["CSpreadsheet", "Files"]),

    // Domain.
    module("Agatston", ["Volume"], linked: ["m"]),
    module("COCA", ["Volume", "Agatston", "Files", "Spreadsheet"]),
    module("Phantom", ["Volume", "Agatston"]),
    module("Evaluation", ["Statistics", "Agatston", "Files"]),
    .target(name: "CCairo", linkerSettings: [.linkedLibrary("cairo"), .linkedLibrary("png")]),
    module("Figures", ["CCairo", "Volume", "Files"]),
    module("Report", ["Figures", "Files"]),

    // Learning. PyTorch's checkpoints are zip archives (libzip) around a pickle.
    .systemLibrary(name: "CZip"),
    module("Pickle"),
    .target(name: "CTorchAPI", linkerSettings: [.linkedLibrary("dl")]),
    module("Torch", ["CTorchAPI", "CZip", "Pickle", "Files"]),
    module("NNUNet", ["Volume", "NIfTI", "Images", "Files"]),
    // OpenSSL's SHA-256, with the processor's instructions for it; libzip has it loaded already.
    .systemLibrary(name: "CCrypto"),
    module("Learning", ["CCrypto", "Torch", "Pickle", "NNUNet", "Volume", "Files"]),

    // What the verbs do, and the verbs.
    module(
      "Workflow",
      [
        "Volume", "Files", "NIfTI", "DICOM", "Agatston", "COCA", "Phantom", "Evaluation", "Figures",
        "Report", "NNUNet", "Learning", "Torch", "Pickle", "Statistics", "Spreadsheet", "Images",
      ], settings: strict),
    .executableTarget(
      name: "cac",
      dependencies: [
        "Workflow", "COCA", "Evaluation", "Files", "Learning", "NNUNet", "Statistics",
        argumentParser,
      ],
      swiftSettings: strict),

    // A target here rather than a package of its own: modules are no products, and a second package
    // would build all of them once more.
    .executableTarget(
      name: "cac-bench",
      dependencies: [
        "Volume", "Files", "CNIfTI", "NIfTI", "DICOM", "Agatston", "COCA", "Phantom", "Torch",
        "NNUNet", "Learning", "Statistics", "Workflow", "TestSupport", argumentParser,
      ], path: "Benchmarks", swiftSettings: numeric),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["Volume"], path: "Tests/TestSupport",
      swiftSettings: strict),
    // Inputs that others made: what the fuzzer of scripts/fuzz runs, and tests of what it found.
    .target(
      name: "Fuzzing",
      dependencies: [
        "Agatston", "COCA", "CNIfTI", "DICOM", "Files", "Images", "NIfTI", "NNUNet",
        "TestSupport", "Volume",
      ], path: "Tests/Fuzzing", swiftSettings: strict),
    tests("Fuzzing"),
    tests("Volume"),
    tests("Statistics"),
    tests("Files"),
    tests("NIfTI", ["Volume", "Files"]),
    tests("Images", ["Volume", "Files"]),
    tests("DICOM", ["Volume", "Files"]),
    tests("Agatston", ["Volume"]),
    tests("Spreadsheet", ["CSpreadsheet", "Files"]),
    tests("COCA", ["Volume", "Agatston", "Files", "Spreadsheet"]),
    tests("Phantom", ["Volume", "Agatston"]),
    tests("Evaluation", ["Statistics", "Agatston", "Files", "Volume"]),
    tests("Figures", ["CCairo", "Volume", "Files"]),
    tests("Report", ["Figures", "Volume", "Files"]),
    tests("Pickle"),
    tests("Torch", ["Pickle", "Files"]),
    tests("NNUNet", ["Volume", "NIfTI", "Images", "Files"]),
    tests("Learning", ["Torch", "Pickle", "NIfTI", "NNUNet", "Volume", "Files"]),
    tests(
      "Workflow",
      [
        "Learning", "Pickle", "Torch", "Volume", "Files", "NIfTI", "DICOM", "Agatston", "COCA",
        "Phantom", "Spreadsheet", "NNUNet", "Figures",
      ]),
  ],
  cxxLanguageStandard: .cxx17
)

// The fuzzer links a runtime of clang's that scripts/fuzz finds, so only that script asks for it.
if Context.environment["CAC_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Tests/CLibFuzzer"),
    .executableTarget(
      name: "cac-fuzz", dependencies: ["CLibFuzzer", "Fuzzing"], path: "Tests/FuzzingDriver",
      swiftSettings: strict),
  ]
}
