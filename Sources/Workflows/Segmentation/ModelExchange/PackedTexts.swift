// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet

/// The texts of a model for one file, without anything that may name a case.
enum PackedTexts {
  /// The names and contents of plans.json, dataset.json and, where there is one,
  /// dataset_fingerprint.json, calibration.json and network.json.
  static func of(_ model: Model) throws -> [(name: String, data: Data)] {
    var texts = [
      (Plans.fileName, plans(model.plansJSON)),
      (DatasetDescription.fileName, dataset(model.datasetJSON)),
    ]
    if let json = try model.json(named: Fingerprint.fileName) {
      texts.append((Fingerprint.fileName, fingerprint(json)))
    }
    var packed = texts.map { ($0.0, Data($0.1.text.utf8)) }
    if let calibration = try UncertaintyCalibration(of: model) {
      packed.append((UncertaintyCalibration.fileName, try calibration.data))
    }
    if let card = try model.networkCard() {
      packed.append((NetworkCard.fileName, try JSONFile.data(card)))
    }
    return packed
  }

  /// The keys of a plan that nnU-Net defines; the author of the file may have added others.
  private static func plans(_ json: JSON) -> JSON {
    json.keeping([
      "dataset_name", "plans_name", "original_median_spacing_after_transp",
      "original_median_shape_after_transp", "image_reader_writer", "transpose_forward",
      "transpose_backward", "configurations", "experiment_planner_used", "label_manager",
      "foreground_intensity_properties_per_channel", "foreground_intensity_properties_by_modality",
    ])
  }

  /// The keys of a data set's description that a model needs or that describe the origin of the data.
  ///
  /// Above all `dataset`, `training` and `test` are left out, which list files and thus cases, and all
  /// keys that nnU-Net does not define.
  private static func dataset(_ json: JSON) -> JSON {
    json.keeping([
      "channel_names", "modality", "labels", "regions_class_order", "numTraining", "file_ending",
      "overwrite_image_reader_writer", "name", "description", "reference", "release", "licence",
      "license", "citation",
    ])
  }

  /// The four keys of a fingerprint, with its cases in the order of their sizes; the order of names would
  /// identify cases for those who know the names.
  private static func fingerprint(_ json: JSON) -> JSON {
    var object =
      json.keeping([
        "foreground_intensity_properties_per_channel", "median_relative_size_after_cropping",
        "shapes_after_crop", "spacings",
      ]).object ?? JSONObject()
    let shapes = object["shapes_after_crop"]?.array ?? []
    let spacings = object["spacings"]?.array ?? []
    guard shapes.count == spacings.count else { return .object(object) }
    func numbers(_ json: JSON) -> [Double] { json.array?.compactMap(\.double) ?? [] }
    let cases = zip(shapes, spacings).sorted { a, b in
      (numbers(a.0) + numbers(a.1)).lexicographicallyPrecedes(numbers(b.0) + numbers(b.1))
    }
    object["shapes_after_crop"] = .array(cases.map(\.0))
    object["spacings"] = .array(cases.map(\.1))
    return .object(object)
  }
}

extension JSON {
  /// The members of an object under some keys, in the object's order.
  fileprivate func keeping(_ keys: Set<String>) -> JSON {
    guard let members = object else { return self }
    var result = JSONObject()
    for key in members.keys where keys.contains(key) { result[key] = members[key] }
    return .object(result)
  }
}
