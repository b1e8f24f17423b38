// SPDX-License-Identifier: Apache-2.0
public import Files
public import Foundation
import Text

/// The contents of dataset.json: channels, labels, number of cases, file ending.
///
/// The keys are nnU-Net's (documentation/dataset_format). Unknown keys are preserved.
public struct DatasetDescription: Sendable, Hashable {
  /// The name of the file in a data set's folder, in a model's folder and beside label maps.
  public static let fileName = "dataset.json"
  /// The files beside label maps, which tell what their values mean and how they were made.
  public static let filesBesideLabels = [fileName, Plans.fileName]

  /// The files of one case where dataset.json lists them itself.
  public struct ListedCase: Sendable, Hashable {
    /// The case identifier.
    public var name: String
    /// One path for each channel, absolute or relative to the data set's folder.
    public var images: [String]
    /// The path of the label map.
    public var label: String

    /// A case with its paths.
    public init(name: String, images: [String], label: String) {
      self.name = name
      self.images = images
      self.label = label
    }
  }

  /// The names of the channels; "CT" and four others choose the normalisation.
  public var channelNames: [String]
  /// The labels or regions, in the order of the file.
  public var labels: LabelScheme
  /// The number of training cases, which also limits the batch size.
  public var numTraining: Int
  /// The ending of images, labels and predictions, for example ".nii.gz".
  public var fileEnding: String
  /// The name of nnU-Net's class that is to read the images, if the file has one.
  public var readerWriter: String?
  /// The files of each case in order, where the data set lists them instead of using its folders.
  public var listedCases: [ListedCase]?
  /// All other keys (name, description, licence …), which nnU-Net ignores.
  public var information: JSONObject

  /// A description of given values.
  ///
  /// - Throws: `NNUNetError` with the code `dataset` where a file with these values would be
  ///   refused.
  public init(
    channelNames: [String], labels: LabelScheme, numTraining: Int,
    fileEnding: String = ".nii.gz", readerWriter: String? = nil,
    listedCases: [ListedCase]? = nil, information: JSONObject = JSONObject()
  ) throws(NNUNetError) {
    self.channelNames = channelNames
    self.labels = labels
    self.numTraining = numTraining
    self.fileEnding = fileEnding
    self.readerWriter = readerWriter
    self.listedCases = listedCases
    self.information = information
    try check(subject: "dataset.json")
  }

  /// Reads and checks a dataset.json.
  public static func read(from url: URL) throws -> DatasetDescription {
    try DatasetDescription(json: JSON.read(from: url), subject: url.path)
  }

  /// A description from JSON; `subject` names the file in errors.
  public init(json: JSON, subject: String) throws(NNUNetError) {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.dataset, subject, detail) }
    guard var rest = json.object else { throw wrong("an object with keys was expected") }
    if Self.isFirstVersion(rest) {
      throw wrong(
        "is a dataset.json of nnU-Net 1; convert the data set with "
          + "nnUNetv2_convert_old_nnUNet_dataset, or change the keys: \"modality\" to "
          + "\"channel_names\", \"labels\" to {\"background\": 0, \"calcium\": 1}, and add "
          + "\"file_ending\": \".nii.gz\"")
    }
    func take(_ key: String) -> JSON? {
      defer { rest[key] = nil }
      return rest[key]
    }
    let modality = take("modality")
    guard let channels = take("channel_names") ?? modality else {
      throw wrong("the key \"channel_names\" is missing")
    }
    guard let object = channels.object else {
      throw wrong("\"channel_names\" should look like {\"0\": \"CT\"}")
    }
    channelNames = []
    for i in object.keys.indices {
      guard let name = object["\(i)"]?.string else {
        throw wrong(
          "\"channel_names\" should have the keys \"0\" to \"\(object.keys.count - 1)\" with a name each"
        )
      }
      channelNames.append(name)
    }
    guard let labelValues = take("labels")?.object else {
      throw wrong("the key \"labels\" is missing or no object such as {\"background\": 0}")
    }
    let order = take("regions_class_order")
    let orderValues = order?.array?.compactMap(\.int)
    if let order, order != .null, orderValues?.count != order.array?.count || order.array == nil {
      throw wrong("\"regions_class_order\" should be a list of label values")
    }
    labels = try LabelScheme(json: labelValues, regionsClassOrder: orderValues, subject: subject)
    guard let count = take("numTraining")?.int else {
      throw wrong("the key \"numTraining\" is missing or no whole number")
    }
    numTraining = count
    guard let ending = take("file_ending")?.string else {
      throw wrong("the key \"file_ending\" is missing or no text")
    }
    fileEnding = ending
    let reader = take("overwrite_image_reader_writer")?.string
    readerWriter = reader == "None" ? nil : reader
    if let table = take("dataset")?.object {
      var cases: [ListedCase] = []
      for name in table.keys {
        guard let images = table[name]?["images"]?.array, let label = table[name]?["label"]?.string,
          images.allSatisfy({ $0.string != nil })
        else { throw wrong("\"dataset.\(name)\" should hold a list \"images\" and a \"label\"") }
        cases.append(
          ListedCase(name: name, images: images.compactMap(\.string), label: label))
      }
      listedCases = cases
    }
    information = rest
    try check(subject: subject)
  }

  /// Whether the keys are those of version 1, which names labels by their values, lists the training
  /// pairs and has no file ending.
  private static func isFirstVersion(_ object: JSONObject) -> Bool {
    guard object["channel_names"] == nil, object["modality"] != nil else { return false }
    let labels = object["labels"]?.object
    let areReversed = labels.map { labels in
      !labels.keys.isEmpty
        && labels.keys.allSatisfy { Int($0) != nil && labels[$0]?.string != nil }
    }
    return areReversed ?? false
      || object["file_ending"] == nil
        && (object["training"]?.array != nil || object["tensorImageSize"] != nil)
  }

  private func check(subject: String) throws(NNUNetError) {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.dataset, subject, detail) }
    if channelNames.isEmpty { throw wrong("\"channel_names\" names no channel") }
    if numTraining < 0 { throw wrong("\"numTraining\" is \(numTraining)") }
    if !fileEnding.hasPrefix(".") || fileEnding.contains("/") || fileEnding.utf8.count < 2 {
      throw wrong("\"file_ending\" is \"\(fileEnding)\"; it should look like \".nii.gz\"")
    }
    // A file may hold several channels.
    for files in listedCases ?? []
    where files.images.isEmpty || files.images.count > channelNames.count {
      throw wrong(
        "case \(files.name) lists \(counted(files.images.count, "image")) for \(counted(channelNames.count, "channel"))"
      )
    }
  }

  /// The keys and values in nnU-Net's order.
  public var json: JSON {
    var object = JSONObject()
    var channels = JSONObject()
    for (i, name) in channelNames.enumerated() { channels["\(i)"] = .string(name) }
    object["channel_names"] = .object(channels)
    object["labels"] = .object(labels.json)
    if let order = labels.regionsClassOrder {
      object["regions_class_order"] = .array(order.map { .int($0) })
    }
    object["numTraining"] = .int(numTraining)
    object["file_ending"] = .string(fileEnding)
    if let readerWriter { object["overwrite_image_reader_writer"] = .string(readerWriter) }
    if let listedCases {
      var table = JSONObject()
      for files in listedCases {
        table[files.name] = .object([
          "images": .array(files.images.map { .string($0) }), "label": .string(files.label),
        ])
      }
      object["dataset"] = .object(table)
    }
    return .object(object.overlaid(with: information))
  }

  /// Writes dataset.json, complete or not at all.
  public func write(to url: URL) throws { try StagedFile.write(json.text, to: url) }

  /// The normalisation of each channel.
  public var normalizationSchemes: [NormalizationScheme] {
    channelNames.map(NormalizationScheme.init(channelName:))
  }
}
