// SPDX-License-Identifier: Apache-2.0
public import Files
public import Foundation

/// A plans file: the planner's choices for a data set, configuration by configuration.
///
/// The keys are those of nnU-Net's `nnUNetPlans.json`. Configurations are stored as in the file,
/// where they may inherit from each other; `configuration(_:)` resolves one.
///
/// ```swift
/// let plans = try Plans.read(from: folder.appendingPathComponent(Plans.fileName))
/// let configuration = try plans.configuration("3d_fullres")
/// configuration.patchSize  // [128, 128, 128], for example
/// ```
public struct Plans: Codable, Hashable, Sendable {
  /// The name of the default planner's plans, and of the file of plans in a data set's folder.
  public static let defaultName = PlannerVariant.standard.plansName
  /// The name of the file of plans in a model's folder and beside predictions.
  public static let fileName = "plans.json"

  /// The data set's full name, for example "Dataset001_Calcium".
  public var datasetName: String
  /// The name of the plan, for example "nnUNetPlans".
  public var plansName: String
  /// The median spacing of the training cases in mm, transposed.
  public var originalMedianSpacing: [Double]
  /// The median shape of the training cases after cropping, transposed.
  public var originalMedianShape: [Int]
  /// nnU-Net's class that reads the images.
  public var imageReaderWriter: String
  /// The order of the array axes (z, y, x) in which everything is computed.
  public var transposeForward: [Int]
  /// The order that undoes `transposeForward`.
  public var transposeBackward: [Int]
  /// The configurations as in the file.
  public var configurations: JSONObject
  /// nnU-Net's planner class.
  public var experimentPlanner: String
  /// nnU-Net's label manager class.
  public var labelManager: String
  /// The foreground intensities of each channel.
  public var intensityProperties: [IntensityProperties]

  /// A plan with every value given.
  public init(
    datasetName: String, plansName: String, originalMedianSpacing: [Double],
    originalMedianShape: [Int], imageReaderWriter: String = "SimpleITKIO",
    transposeForward: [Int], transposeBackward: [Int], configurations: JSONObject,
    experimentPlanner: String, labelManager: String = "LabelManager",
    intensityProperties: [IntensityProperties]
  ) {
    self.datasetName = datasetName
    self.plansName = plansName
    self.originalMedianSpacing = originalMedianSpacing
    self.originalMedianShape = originalMedianShape
    self.imageReaderWriter = imageReaderWriter
    self.transposeForward = transposeForward
    self.transposeBackward = transposeBackward
    self.configurations = configurations
    self.experimentPlanner = experimentPlanner
    self.labelManager = labelManager
    self.intensityProperties = intensityProperties
  }

  /// Reads a plans file of nnU-Net 2 (also from before 2.3) or of this package.
  ///
  /// - Throws: `NNUNetError` with the code `plans`, which names the key that is missing or wrong.
  public static func read(from url: URL) throws -> Plans {
    try Plans(json: JSON.read(from: url), subject: url.path)
  }

  /// A plan from JSON; `subject` names the file in errors.
  public init(json: JSON, subject: String) throws {
    self = try json.decode(Plans.self, code: .plans, subject: subject)
    // Foundation's decoder loses the order of keys.
    configurations = json["configurations"]?.object ?? configurations
    try check(subject: subject)
  }

  /// Writes the plan with keys in nnU-Net's order, complete or not at all.
  public func write(to url: URL) throws { try StagedFile.write(json().text, to: url) }

  /// The names of the configurations, in the order of the file.
  public var configurationNames: [String] { configurations.keys }

  private func check(subject: String) throws(NNUNetError) {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.plans, subject, detail) }
    guard transposeForward.sorted() == [0, 1, 2], transposeBackward.count == 3,
      (0..<3).allSatisfy({ transposeBackward[transposeForward[$0]] == $0 })
    else {
      throw wrong(
        "transpose_forward \(transposeForward) and transpose_backward \(transposeBackward) "
          + "should be inverse orders of the axes 0, 1, 2")
    }
    for (channel, p) in intensityProperties.enumerated()
    where !(p.percentile005 <= p.percentile995 && p.std >= 0 && p.mean.isFinite) {
      throw wrong("the intensities of channel \(channel) are not finite or not in order")
    }
  }

  private enum Key: String, CodingKey, CaseIterable {
    case datasetName = "dataset_name"
    case plansName = "plans_name"
    case originalMedianSpacing = "original_median_spacing_after_transp"
    case originalMedianShape = "original_median_shape_after_transp"
    case imageReaderWriter = "image_reader_writer"
    case transposeForward = "transpose_forward"
    case transposeBackward = "transpose_backward"
    case configurations
    case experimentPlanner = "experiment_planner_used"
    case labelManager = "label_manager"
    case intensities = "foreground_intensity_properties_per_channel"
    case legacyIntensities = "foreground_intensity_properties_by_modality"
  }

  /// Reads a plan, also one with the older name of the intensities.
  public init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: Key.self)
    datasetName = try c.decode(String.self, forKey: .datasetName)
    plansName = try c.decode(String.self, forKey: .plansName)
    originalMedianSpacing = try c.decode([Double].self, forKey: .originalMedianSpacing)
    originalMedianShape = try c.decode([Int].self, forKey: .originalMedianShape)
    imageReaderWriter = try c.decode(String.self, forKey: .imageReaderWriter)
    transposeForward = try c.decode([Int].self, forKey: .transposeForward)
    transposeBackward = try c.decode([Int].self, forKey: .transposeBackward)
    guard case .object(let object) = try c.decode(JSON.self, forKey: .configurations) else {
      throw DecodingError.dataCorruptedError(
        forKey: .configurations, in: c, debugDescription: "an object was expected")
    }
    configurations = object
    experimentPlanner = try c.decode(String.self, forKey: .experimentPlanner)
    labelManager = try c.decodeIfPresent(String.self, forKey: .labelManager) ?? "LabelManager"
    let key = c.contains(.intensities) ? Key.intensities : .legacyIntensities
    let channels = try c.decode([String: IntensityProperties].self, forKey: key)
    intensityProperties = []
    for i in 0..<channels.count {
      guard let properties = channels["\(i)"] else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: c, debugDescription: "channel \(i) is missing")
      }
      intensityProperties.append(properties)
    }
  }

  /// Writes all keys of nnU-Net.
  public func encode(to encoder: any Encoder) throws {
    var c = encoder.container(keyedBy: Key.self)
    try c.encode(datasetName, forKey: .datasetName)
    try c.encode(plansName, forKey: .plansName)
    try c.encode(originalMedianSpacing, forKey: .originalMedianSpacing)
    try c.encode(originalMedianShape, forKey: .originalMedianShape)
    try c.encode(imageReaderWriter, forKey: .imageReaderWriter)
    try c.encode(transposeForward, forKey: .transposeForward)
    try c.encode(transposeBackward, forKey: .transposeBackward)
    try c.encode(JSON.object(configurations), forKey: .configurations)
    try c.encode(experimentPlanner, forKey: .experimentPlanner)
    try c.encode(labelManager, forKey: .labelManager)
    var channels: [String: IntensityProperties] = [:]
    for (i, properties) in intensityProperties.enumerated() { channels["\(i)"] = properties }
    try c.encode(channels, forKey: .intensities)
  }

  /// The plan with its keys and configurations in nnU-Net's order.
  func json() throws -> JSON {
    let channels = intensityProperties.indices.map { "\($0)" }
    let unordered = try JSON(encoding: self).ordered(by: channels)
    var object = JSONObject()
    for key in Key.allCases { object[key.rawValue] = unordered[key.rawValue] }
    object[Key.configurations.rawValue] = .object(configurations)
    return .object(object)
  }
}

extension JSON {
  /// The JSON of an encodable value, with keys in the order of code points.
  init(encoding value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    self = try JSON.parse(encoder.encode(value), subject: "\(type(of: value))")
  }

  /// A value of a type.
  ///
  /// - Throws: `NNUNetError` that names the subject and the key that is missing or of the wrong
  ///   type.
  func decode<Value: Decodable>(_ type: Value.Type, code: NNUNetError.Code, subject: String) throws
    -> Value
  {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch DecodingError.keyNotFound(let key, let context) {
      throw NNUNetError(code, subject, "the key \"\(path(context, key))\" is missing")
    } catch DecodingError.typeMismatch(let type, let context) {
      throw NNUNetError(
        code, subject, "the key \"\(path(context))\" should hold a value of kind \(type)")
    } catch DecodingError.valueNotFound(_, let context) {
      throw NNUNetError(code, subject, "the key \"\(path(context))\" holds no value")
    } catch DecodingError.dataCorrupted(let context) {
      throw NNUNetError(
        code, subject, "the key \"\(path(context))\" is wrong: \(context.debugDescription)")
    }
  }
}
