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
///
/// SwiftPM refuses unsafe flags of a package that another one depends on, whose copy lies in `checkouts`.
let numeric: [SwiftSetting] =
  Context.packageDirectory.contains("/checkouts/")
  ? strict : strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// The layers of the sources, from bottom to top: a module uses its own layer and those below it.
enum Layer: String {
  case base = "Base"
  case formats = "Formats"
  case calcium = "Calcium"
  case networks = "Networks"
  case workflows = "Workflows"
  /// C, C++ and system libraries, which any layer may wrap.
  case c = "C"

  /// The folder of a target in this layer.
  func path(_ name: String) -> String { "Sources/\(rawValue)/\(name)" }
}

/// A Swift library target of this package.
func module(
  _ name: String, in layer: Layer, _ dependencies: [Target.Dependency] = [],
  settings: [SwiftSetting] = numeric, linked: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: layer.path(name), swiftSettings: settings,
    linkerSettings: linked.map { .linkedLibrary($0) })
}

/// A target in C or C++.
func foreign(
  _ name: String, _ dependencies: [Target.Dependency] = [], headers: CSetting? = nil,
  cxx: [CXXSetting] = [], linked: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: Layer.c.path(name),
    cSettings: headers.map { [$0] } ?? [], cxxSettings: cxx,
    linkerSettings: linked.map { .linkedLibrary($0) })
}

/// A library of the system, by its header and module map.
func system(_ name: String) -> Target { .systemLibrary(name: name, path: Layer.c.path(name)) }

/// The tests of one module; `TestSupport` is always among the dependencies.
///
/// - Parameter module: the module where it has another name than the tests.
func tests(
  _ name: String, of module: String? = nil, _ dependencies: [Target.Dependency] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.init(stringLiteral: module ?? name), "TestSupport"] + dependencies,
    swiftSettings: strict)
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let package = Package(
  name: "CACScoring",
  platforms: [.macOS(.v14)],
  products: [
    .executable(name: "cac", targets: ["cac"]),
    // Run by `cac review`, from the folder that `cac` lies in.
    .executable(name: "cac-review", targets: ["cac-review"]),
    // Run by `cac listen`, and by `cac send` and `cac fetch` where the peer is a web address.
    .executable(name: "cac-node", targets: ["cac-node"]),
    // Opened by `cac` on first use, from the folder that `cac` lies in.
    .library(name: "cac-gdcm", type: .dynamic, targets: ["CGDCMImpl"]),
    .library(name: "cac-itk", type: .dynamic, targets: ["CITKImpl"]),
    .library(name: "cac-dcmtk", type: .dynamic, targets: ["CDCMTKImpl"]),
    // For other packages: Docs/how-to/use-as-a-library.md.
    .library(name: "Volume", targets: ["Volume"]),
    .library(name: "DICOM", targets: ["DICOM"]),
    .library(name: "NIfTI", targets: ["NIfTI"]),
    .library(name: "Agatston", targets: ["Agatston"]),
    .library(name: "COCA", targets: ["COCA"]),
    .library(name: "Evaluation", targets: ["Evaluation"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Without its default trait, whose extensions of Foundation's types nobody uses here.
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    // The review page: its server, without reading settings from files, and its store.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    // DICOMweb, in the node's program alone.
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
  ],
  targets: [
    // Base: numbers and bytes.
    module("Errors", in: .base),
    module("Random", in: .base),
    module("Concurrency", in: .base),
    module("Text", in: .base),
    module("Volume", in: .base, ["Text"]),
    module(
      "Statistics", in: .base, ["Errors", "Random", "Concurrency", "Text"], linked: ["m"]),
    module("Survival", in: .base, ["Random"], linked: ["m"]),
    module("Processes", in: .base, ["Errors", subprocess, systemPackage]),
    module("Files", in: .base, ["CCrypto", "Errors", "Text"]),

    // Formats: files of formats that others defined.
    module("NIfTI", in: .formats, ["CNIfTI", "Volume", "Files", "Errors", "Text"]),
    module("Images", in: .formats, ["CITK", "Volume", "Files", "Text", "Concurrency"]),
    module("DICOM", in: .formats, ["CGDCM", "CZlib", "Volume", "Files", "Errors", "Text"]),
    module("DICOMObjects", in: .formats, ["CDCMTK", "DICOM", "Volume", "Files", "Errors", "Text"]),
    module("Spreadsheet", in: .formats, ["CSpreadsheet", "Zip", "Files", "Errors"]),
    module("Pickle", in: .formats),
    module("Zip", in: .formats, ["CZip", "Files", "Errors", "Text"]),
    module("NumPy", in: .formats, ["Zip", "Files", "Text"]),
    module("Meshes", in: .formats, ["Zip", "Files", "Errors", "Text"]),

    // Calcium: scores, annotations, phantoms, evaluation.
    module("Agatston", in: .calcium, ["Volume", "Errors", "Text"], linked: ["m"]),
    module("COCA", in: .calcium, ["Volume", "Agatston", "Files", "Spreadsheet", "Text"]),
    module("Atlas", in: .calcium, ["Volume", "Agatston", "Meshes"]),
    module(
      "Phantom", in: .calcium,
      ["Volume", "Agatston", "Atlas", "Meshes", "Errors", "Random", "Concurrency", "Text"]),
    module("Evaluation", in: .calcium, ["Volume", "Statistics", "Agatston", "Files", "Text"]),
    module("Risk", in: .calcium, ["Agatston", "Text"], linked: ["m"]),
    module("Figures", in: .calcium, ["CCairo", "Volume", "Files", "Errors", "Text"]),
    module("Report", in: .calcium, ["Figures", "Files", "Text"]),

    // Networks: the data side of nnU-Net, tensors, networks with their training and inference, and
    // the networks of the stages that find and name calcium and of those that foretell events.
    module("Torch", in: .networks, ["Errors", "CTorchAPI", "Zip", "Pickle", "Files", "Text"]),
    module(
      "NNUNet", in: .networks, ["CDeflate", "Errors", "Text", "Volume", "NIfTI", "Images", "Files"]),
    module(
      "Learning", in: .networks,
      [
        "Zip", "Errors", "Text", "Random", "Concurrency", "Torch", "Pickle", "NNUNet", "Volume",
        "Files",
      ]),
    module(
      "Stages", in: .networks,
      ["Errors", "Text", "Volume", "Torch", "NNUNet", "Learning"]),
    module(
      "RiskNetworks", in: .networks, ["Errors", "Text", "Volume", "Torch", "Learning"]),
    module(
      "Explanation", in: .networks,
      ["Errors", "Random", "Statistics", "Torch", "NNUNet", "Learning", "Stages", "Volume"]),
    module(
      "ClassicNetworks", in: .networks,
      ["Errors", "Text", "Volume", "Files", "Torch", "Learning"]),

    // Workflows: what the verbs do.
    module("Workflow", in: .workflows, ["Files"], settings: strict),
    module(
      "Studies", in: .workflows,
      [
        "NumPy",
        "Text", "Concurrency",
        "Workflow", "Volume", "Files", "NIfTI", "DICOM", "DICOMObjects", "Images", "Pickle",
        "Agatston", "NNUNet",
      ], settings: strict),
    module(
      "Cohorts", in: .workflows,
      [
        "Text", "Random", "Concurrency",
        "Workflow", "Studies", "Volume", "Files", "NIfTI", "DICOM", "Spreadsheet", "Agatston",
        "Atlas", "Meshes", "COCA", "Phantom", "Evaluation", "Figures", "NNUNet",
      ], settings: strict),
    module(
      "Segmentation", in: .workflows,
      [
        "Zip",
        "Text", "Processes", "Concurrency", "Random",
        "Workflow", "Studies", "Volume", "Statistics", "Files", "NIfTI", "Pickle", "Agatston",
        "Figures", "Torch", "NNUNet", "Learning", "Meshes", "Atlas", "Phantom", "Stages",
        "ClassicNetworks",
      ], settings: strict),
    module(
      "Scoring", in: .workflows,
      [
        "Text",
        "Workflow", "Studies", "Segmentation", "Volume", "Files", "DICOM", "Agatston", "COCA",
        "Evaluation", "Figures", "Report", "Statistics",
      ], settings: strict),
    module(
      "DICOMResults", in: .workflows,
      [
        "Text", "Workflow", "Studies", "Segmentation", "Scoring", "Volume", "Files", "DICOM",
        "DICOMObjects", "Agatston", "Figures", "Report",
      ], settings: strict),
    module(
      "Explain", in: .workflows,
      [
        "Text", "Random", "Workflow", "Studies", "Segmentation", "Scoring", "Volume", "Files",
        "NIfTI", "DICOM", "Agatston", "Figures", "Report", "Torch", "NNUNet", "Learning", "Stages",
        "Explanation",
      ], settings: strict),
    module(
      "Results", in: .workflows,
      [
        "Explain",
        "Text", "Concurrency",
        "Workflow", "Studies", "Cohorts", "Segmentation", "Volume", "Statistics", "Files",
        "Agatston", "COCA", "Evaluation", "Figures", "Report", "Torch", "NNUNet", "Learning",
        "Prognosis",
      ], settings: strict),
    module(
      "Prognosis", in: .workflows,
      [
        "Text", "Concurrency", "Random", "Workflow", "Files", "Agatston", "DICOM", "Evaluation",
        "Figures", "Images", "NNUNet", "Report", "Risk", "RiskNetworks", "Scoring", "Segmentation",
        "Statistics", "Studies", "Survival", "Torch", "Volume",
      ], settings: strict),
    module(
      "Operations", in: .workflows,
      [
        "NNUNet",
        "Text", "Processes", "Concurrency", "Workflow", "Segmentation", "Files", "DICOM",
        "DICOMObjects", "Images", "Torch", "Learning",
      ],
      settings: strict),

    module(
      "Review", in: .workflows,
      [
        "Text", "Workflow", "Studies", "Segmentation", "Scoring", "Volume", "Files", "NIfTI",
        "Agatston", "Evaluation", "Figures", "CDeflate",
      ]),
    module(
      "ReviewStore", in: .workflows,
      ["Review", "Random", "Workflow", "Files", "Text", "CArgon2", grdb], settings: strict),
    module("NodeQueue", in: .workflows, ["Workflow", "Files", "Text", grdb], settings: strict),

    // C, C++ and system libraries.
    foreign(
      "CNIfTI", headers: .headerSearchPath("."), linked: ["niftiio", "znz", "deflate", "z"]),
    foreign("CLibraryLoader", linked: ["dl"]),
    foreign("CGDCM", ["CLibraryLoader"]),
    foreign(
      "CGDCMImpl", linked: ["gdcmMSFF", "gdcmDICT", "gdcmDSED", "gdcmIOD", "gdcmCommon"]),
    // DCMTK writes and reads segmentations and reports, and speaks DICOM's protocol.
    foreign("CDCMTK", ["CLibraryLoader"]),
    // Processes that end with their parent, for the node.
    foreign("CProcess"),
    foreign(
      "CDCMTKImpl",
      linked: [
        "dcmseg", "dcmfg", "dcmiod", "cmr", "dcmsr", "dcmtls", "dcmnet", "dcmjpls", "dcmdata",
        "oflog", "ofstd",
      ]),
    // ITK is the library that nnU-Net's own reader, SimpleITK, is made of; libtiff reads the TIFFs
    // that ITK takes for something else. ITK is made of templates, whose loops are many times slower
    // without the optimiser.
    foreign("CITK", ["CLibraryLoader"]),
    foreign(
      "CITKImpl", cxx: [.unsafeFlags(["-O2", "-isystem", "/usr/include/ITK-5.2"])],
      linked: [
        "ITKCommon", "ITKIOImageBase", "ITKIONRRD", "ITKIOMeta", "ITKIOGIPL", "ITKIOPNG",
        "ITKIOBMP", "ITKIOTIFF", "ITKTransform", "ITKOptimizersv4", "ITKOptimizers",
        "ITKStatistics",
        "ITKSmoothing", "ITKRegistrationMethodsv4", "itkvnl", "itkvnl_algo",
      ].map { "\($0)-5.2" } + ["tiff"]),
    // The system's zlib, which inflates what a file holds of a stream that was cut.
    system("CZlib"),
    // libdeflate's CRC-32, with the processor's instructions for it.
    system("CDeflate"),
    // Foundation's XML parser reads Excel workbooks, libxlsxwriter writes them.
    foreign("CSpreadsheet", linked: ["xlsxwriter"]),
    foreign("CCairo", linked: ["cairo", "png"]),
    // libzip: PyTorch's checkpoints, NumPy's files of arrays and Excel's workbooks are zip archives.
    system("CZip"),
    foreign("CTorchAPI", linked: ["dl"]),
    // OpenSSL's SHA-256, with the processor's instructions for it; libzip has it loaded already.
    system("CCrypto"),
    // Argon2id, for the passwords of the review page's accounts.
    system("CArgon2"),

    .executableTarget(
      name: "cac",
      dependencies: [
        "Text", "Concurrency",
        "Workflow", "Studies", "Cohorts", "Segmentation", "Scoring", "Results", "Operations",
        "DICOMResults", "DICOMObjects",
        "Explain", "Prognosis", "Risk", "RiskNetworks", "Agatston", "COCA", "Evaluation", "Figures",
        "Files", "ReviewArguments", "NodeArguments",
        "Learning",
        "NNUNet", "Phantom",
        "Statistics", "Torch", argumentParser,
      ],
      swiftSettings: strict),

    // What `cac review` may be told, for both executables: `cac` stays without server and database.
    .target(
      name: "ReviewArguments", dependencies: ["Files", "Workflow", argumentParser],
      path: "Sources/cac-review/Arguments", swiftSettings: strict),
    .executableTarget(
      name: "cac-review",
      dependencies: [
        "ReviewArguments", "Review", "ReviewStore", "Text", "Workflow", "Studies", "Segmentation",
        "Scoring", "Volume", "Files", "Agatston", "Torch", "Random", "NIfTI", "Evaluation",
        "Prognosis", "Report", "Risk", argumentParser,
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/cac-review/Server", resources: [.embedInCode("Page")],
      swiftSettings: strict),

    // What `cac listen`, `cac send` and `cac fetch` may be told, for both executables.
    .target(
      name: "NodeArguments",
      dependencies: ["DICOMResults", "Files", "Text", "Workflow", argumentParser],
      path: "Sources/cac-node/Arguments", swiftSettings: strict),
    .target(
      name: "DICOMWeb",
      dependencies: [
        "Files", "Workflow",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      path: "Sources/cac-node/Web", swiftSettings: strict),
    .executableTarget(
      name: "cac-node",
      dependencies: [
        "NodeArguments", "NodeQueue", "DICOMWeb", "DICOMResults", "DICOMObjects", "Files", "Text",
        "Workflow", "CProcess", argumentParser,
      ],
      path: "Sources/cac-node/Node", swiftSettings: strict),

    // A target here rather than a package of its own: modules are no products, and a second package
    // would build all of them once more.
    .executableTarget(
      name: "cac-bench",
      dependencies: [
        "Text", "Concurrency",
        "Volume", "Files", "CNIfTI", "NIfTI", "DICOM", "Agatston", "COCA", "Phantom", "Torch",
        "NNUNet", "Learning", "Statistics", "Workflow", "Cohorts", "TestSupport", argumentParser,
      ], path: "Benchmarks", swiftSettings: numeric),

    // What scripts/parity runs beside the field's libraries.
    .executableTarget(
      name: "cac-oracle",
      dependencies: [
        "Volume", "Statistics", "Files", "NIfTI", "DICOM", "Learning", "OracleSupport",
        "DocsSupport", "TestSupport", argumentParser,
      ], path: "Oracles/cac-oracle", swiftSettings: numeric),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["Volume", "Random"], path: "Tests/TestSupport",
      swiftSettings: strict),
    // Runs the built command as a user would, for the tests that do.
    .target(
      name: "CommandSupport",
      dependencies: ["NumPy", "Files", "NIfTI", "Stages", "TestSupport", "Torch", "Volume"],
      path: "Tests/CommandSupport", swiftSettings: strict),
    // The page of all verbs and options, which scripts/reference writes and a test compares.
    .target(name: "DocsSupport", path: "Tests/DocsSupport", swiftSettings: strict),
    // Results of nnunetv2 and how near ours come: the committed ones for the tests of NNUNet, Learning
    // and the choice of models, any others for cac-oracle.
    .target(
      name: "OracleSupport",
      dependencies: [
        "Volume", "Files", "NIfTI", "Torch", "NNUNet", "Learning", "Studies", "Segmentation",
        "Workflow",
        "TestSupport",
      ], path: "Tests/OracleSupport", swiftSettings: numeric),
    // Inputs that others made: what the fuzzer of scripts/fuzz runs, and tests of what it found.
    .target(
      name: "Fuzzing",
      dependencies: [
        "Agatston", "COCA", "CNIfTI", "DICOM", "Files", "Images", "NIfTI", "NNUNet", "Review",
        "TestSupport", "Volume",
      ], path: "Tests/Fuzzing", swiftSettings: strict),
    tests("Fuzzing"),
    tests("Random"),
    tests("Concurrency"),
    tests("Text"),
    tests("Processes"),
    tests("Volume"),
    tests("Statistics"),
    tests("Files"),
    tests("NIfTI", ["Volume", "Files"]),
    tests("Images", ["Volume", "Files"]),
    tests("DICOM", ["Volume", "Files"]),
    tests("DICOMObjects", ["DICOM", "Volume", "Files"]),
    tests("Agatston", ["Volume"]),
    tests("Spreadsheet", ["Files", "Zip"]),
    tests("COCA", ["Volume", "Agatston", "Files", "Spreadsheet"]),
    tests("Atlas", ["Agatston", "Meshes"]),
    tests("Phantom", ["Volume", "Agatston", "Atlas", "Meshes"]),
    tests("Evaluation", ["Statistics", "Agatston", "Files", "Volume"]),
    tests("Survival", ["Random", "Files"]),
    tests("Risk", ["Agatston", "Random"]),
    tests("Figures", ["CCairo", "Volume"]),
    tests("Report", ["Figures", "Volume", "Files"]),
    tests("Pickle"),
    tests("Zip", ["Files"]),
    tests("NumPy", ["Zip", "Files"]),
    tests("Meshes", ["Concurrency", "Zip", "Files"]),
    tests("Torch", ["Pickle", "Zip", "Files"]),
    tests("NNUNet", ["OracleSupport", "Volume", "Images", "Files"]),
    tests("Learning", ["OracleSupport", "Torch", "Pickle", "NIfTI", "NNUNet", "Volume", "Files"]),
    tests("Stages", ["Torch", "Learning", "Volume"]),
    tests("RiskNetworks", ["Torch", "Learning", "Random", "Volume"]),
    tests("Explanation", ["Learning", "NNUNet", "Stages", "Torch", "Volume"]),
    tests("ClassicNetworks", ["Torch", "Learning", "Volume", "Files"]),
    tests("Workflow"),
    tests(
      "Segmentation",
      [
        "Agatston", "NumPy", "Phantom", "cac", "CommandSupport", "Studies", "Workflow", "Files",
        "Learning", "NIfTI", "NNUNet", "OracleSupport", "Stages", "Torch", "Volume", "Zip",
      ]),
    tests(
      "Scoring",
      [
        "Agatston", "CommandSupport", "Figures", "Files", "NIfTI", "Phantom", "Report",
        "Segmentation", "Stages", "Statistics", "Studies", "Torch", "Volume", "Workflow",
      ]),
    tests(
      "DICOMResults",
      [
        "Agatston", "CommandSupport", "DICOM", "DICOMObjects", "Files", "NIfTI", "Scoring",
        "Studies", "Volume", "Workflow",
      ]),
    tests(
      "Explain",
      ["Agatston", "CommandSupport", "Files", "NIfTI", "Report", "Segmentation", "Volume"]),
    tests("Prognosis", ["Files", "NIfTI", "Random", "RiskNetworks", "Volume", "Workflow"]),
    tests("Results", ["Evaluation", "Figures", "Report", "Statistics", "Volume"]),
    tests("Operations", ["cac", "CommandSupport", "Workflow", "Files"]),
    tests("Review", ["Agatston", "Random", "Scoring", "Studies", "Volume"]),
    tests("ReviewStore", ["Review", grdb]),
    tests("NodeQueue", ["Workflow", grdb]),
    // The built node, as a user and a scanner see it, and its client of DICOMweb.
    tests(
      "Node", of: "cac-node", ["cac", "CommandSupport", "DICOMWeb", "NodeQueue", "Workflow"]),
    // The built server, and its page in a browser.
    tests(
      "ReviewServer", of: "cac-review",
      ["cac", "CommandSupport", "Files", "NIfTI", "Review", "ReviewStore", "Volume"]),
    // These tests, and some of the two targets above, run the built `cac`, so they depend on it.
    // `cac` opens the libraries of CGDCMImpl, CITKImpl and CDCMTKImpl at run time. No target can depend on a
    // dynamic library of its own package, and a dependency on their targets would link them into the
    // tests instead; `swift test` and `swift build --build-tests` build all products, these too.
    tests(
      "Command", of: "cac",
      [
        "Random", "Workflow", "Zip", "NumPy",
        "Agatston", "COCA", "Cohorts", "CommandSupport", "DICOM", "DocsSupport", "Files",
        "Learning", "NIfTI", "NNUNet", "Pickle", "Spreadsheet", "Torch", "Volume",
      ]),
    // The pages of the documentation, whose commands the built `cac` runs.
    .testTarget(
      name: "DocsTests", dependencies: ["cac", "CommandSupport", "DocsSupport", "TestSupport"],
      swiftSettings: strict),
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
