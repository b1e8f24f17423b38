// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

@testable import NNUNet

/// A plans file as nnU-Net writes it, cut to what matters.
private let theirs = """
  {"dataset_name": "Dataset001_X", "plans_name": "nnUNetPlans",
   "original_median_spacing_after_transp": [3.0, 0.35, 0.35],
   "original_median_shape_after_transp": [50, 512, 512], "image_reader_writer": "SimpleITKIO",
   "transpose_forward": [0, 1, 2], "transpose_backward": [0, 1, 2],
   "configurations": {
     "2d": {"data_identifier": "nnUNetPlans_2d", "preprocessor_name": "DefaultPreprocessor",
       "batch_size": 12, "patch_size": [16, 32], "median_image_size_in_voxels": [16.0, 30.5],
       "spacing": [0.35, 0.35], "normalization_schemes": ["CTNormalization"],
       "use_mask_for_norm": [false], "resampling_fn_data": "resample_data_or_seg_to_shape",
       "resampling_fn_seg": "resample_data_or_seg_to_shape",
       "resampling_fn_data_kwargs": {"is_seg": false, "order": 3, "order_z": 0, "force_separate_z": null},
       "resampling_fn_seg_kwargs": {"is_seg": true, "order": 1, "order_z": 0, "force_separate_z": null},
       "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
       "resampling_fn_probabilities_kwargs": {"is_seg": false, "order": 1, "order_z": 0, "force_separate_z": null},
       "architecture": {"network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
         "arch_kwargs": {"n_stages": 3, "features_per_stage": [32, 64, 128],
           "conv_op": "torch.nn.modules.conv.Conv2d", "kernel_sizes": [[3, 3], [3, 3], [3, 3]],
           "strides": [[1, 1], [2, 2], [2, 2]], "n_conv_per_stage": [2, 2, 2],
           "n_conv_per_stage_decoder": [2, 2], "conv_bias": true,
           "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d",
           "norm_op_kwargs": {"eps": 1e-05, "affine": true}, "dropout_op": null,
           "dropout_op_kwargs": null, "nonlin": "torch.nn.LeakyReLU",
           "nonlin_kwargs": {"inplace": true}},
         "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"]},
       "batch_dice": true},
     "small": {"inherits_from": "2d", "batch_size": 3,
       "resampling_fn_data_kwargs": {"order": 1}},
     "smaller": {"inherits_from": "small", "patch_size": [8, 8], "next_stage": ["a", "b"]},
     "loop": {"inherits_from": "pool"}, "pool": {"inherits_from": "loop"},
     "orphan": {"inherits_from": "nobody"},
     "old": {"data_identifier": "x", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2,
       "patch_size": [8, 16, 16], "median_image_size_in_voxels": [8, 16, 16],
       "spacing": [3, 1, 1], "normalization_schemes": ["ZScoreNormalization"],
       "use_mask_for_norm": [true], "resampling_fn_data": "resample_data_or_seg_to_shape",
       "resampling_fn_seg": "resample_data_or_seg_to_shape",
       "resampling_fn_data_kwargs": {"is_seg": false, "order": 3, "order_z": 0, "force_separate_z": null},
       "resampling_fn_seg_kwargs": {"is_seg": true, "order": 1, "order_z": 0, "force_separate_z": null},
       "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
       "resampling_fn_probabilities_kwargs": {"is_seg": false, "order": 1, "order_z": 0, "force_separate_z": null},
       "UNet_class_name": "PlainConvUNet", "UNet_base_num_features": 32,
       "n_conv_per_stage_encoder": [2, 2], "n_conv_per_stage_decoder": [2],
       "num_pool_per_axis": [0, 1, 1], "pool_op_kernel_sizes": [[1, 1, 1], [1, 2, 2]],
       "conv_kernel_sizes": [[1, 3, 3], [3, 3, 3]], "unet_max_num_features": 48,
       "batch_dice": false}},
   "experiment_planner_used": "ExperimentPlanner", "label_manager": "LabelManager",
   "foreground_intensity_properties_per_channel": {"0": {"max": 3071.0, "mean": 300.0,
     "median": 250.0, "min": 130.0, "percentile_00_5": 131.0, "percentile_99_5": 1200.0,
     "std": 180.0}}}
  """

private func read(_ text: String) throws -> Plans {
  let folder = try TemporaryFolder()
  try StagedFile.write(text, to: folder.file("plans.json"))
  return try Plans.read(from: folder.file("plans.json"))
}

@Suite struct `A plans file` {
  @Test func `of nnU-Net is read`() throws {
    let plans = try read(theirs)
    let flat = try plans.configuration("2d")
    #expect(flat.patchSize == [16, 32])
    #expect(flat.medianImageSize == [16, 30.5])
    #expect(flat.architecture.featuresPerStage == [32, 64, 128])
    #expect(flat.architecture.totalStride == [4, 4])
    #expect(flat.resamplingData.order == 3)
    #expect(plans.intensityProperties[0].percentile005 == 131)
  }

  @Test func `inherits through two generations, each key with all that is in it`() throws {
    let plans = try read(theirs)
    let small = try plans.configuration("smaller")
    #expect(small.batchSize == 3)
    #expect(small.patchSize == [8, 8])
    // What the child's arguments leave out is as the function has it, not as the parent has it.
    #expect(small.resamplingData == .init(isSegmentation: false, order: 1, forceSeparateZ: false))
    #expect(try plans.configuration("2d").resamplingData.forceSeparateZ == nil)
    #expect(small.architecture.strides == [[1, 1], [2, 2], [2, 2]])
    #expect(small.nextStages == ["a", "b"])
  }

  @Test func `from before 2.3 is converted`() throws {
    let old = try read(theirs).configuration("old")
    #expect(old.architecture.featuresPerStage == [32, 48])
    #expect(old.architecture.strides == [[1, 1, 1], [1, 2, 2]])
    #expect(old.architecture.kernelSizes == [[1, 3, 3], [3, 3, 3]])
    #expect(old.architecture.nConvPerStageDecoder == [2])
    #expect(old.normalizationSchemes == [.zScore])
    let legacy = theirs.replacingOccurrences(
      of: "foreground_intensity_properties_per_channel",
      with: "foreground_intensity_properties_by_modality")
    #expect(try read(legacy).intensityProperties.count == 1)
  }

  @Test(arguments: [
    ("loop", "circle"), ("orphan", "nobody"), ("3d_fullres", "2d, small, smaller, loop"),
  ])
  func `with a configuration that cannot be resolved says so`(name: String, word: String) throws {
    let plans = try read(theirs)
    let error = try #require(throws: NNUNetError.self) { try plans.configuration(name) }
    #expect(error.detail.contains(word))
  }

  @Test(arguments: [
    ("\"patch_size\": [16, 32]", "\"patch_size\": [16, 30]", "multiple"),
    ("\"patch_size\": [16, 32]", "\"patch_size\": [0, 32]", "multiple"),
    ("\"patch_size\": [16, 32]", "\"patch_size\": \"16\"", "patch_size"),
    ("\"batch_size\": 12", "\"batch_size\": -1", "batch_size"),
    ("\"n_stages\": 3", "\"n_stages\": 4", "features_per_stage"),
    ("\"n_stages\": 3", "\"n_stages\": 9223372036854775807", "n_stages"),
    ("\"strides\": [[1, 1], [2, 2], [2, 2]]", "\"strides\": [[1, 1], [2, 2], [2]]", "strides"),
    ("\"spacing\": [0.35, 0.35]", "\"spacing\": [0.35, NaN]", "spacing"),
    ("PlainConvUNet", "PrimusNet", "PrimusNet"),
    ("\"inplace\": true", "\"inplace\": true, \"negative_slope\": 0.2", "slope of 0.2"),
    ("\"order\": 3", "\"order\": 2", "order 2"),
    ("\"CTNormalization\"", "\"MyNormalization\"", "normalization_schemes"),
    (
      "\"resampling_fn_data\": \"resample_data_or_seg_to_shape\"",
      "\"resampling_fn_data\": \"resample_torch_fornnunet\"", "resample_torch_fornnunet"
    ),
    ("\"torch.nn.LeakyReLU\"", "\"torch.nn.ReLU\"", "torch.nn.ReLU"),
    ("\"batch_dice\": true", "\"batch_dice\": 1", "batch_dice"),
  ]) func `with a damaged configuration says which key`(old: String, new: String, word: String)
    throws
  {
    let text = try #require(theirs.range(of: old)).lowerBound
    let damaged =
      theirs[..<text] + new + theirs[theirs.index(text, offsetBy: old.count)...]
    let plans = try read(String(damaged))
    let error = try #require(throws: NNUNetError.self) { try plans.configuration("2d") }
    #expect(error.description.contains(word))
  }

  @Test(arguments: [
    ("\"transpose_forward\": [0, 1, 2]", "\"transpose_forward\": [1, 2, 0]"),
    ("\"transpose_forward\": [0, 1, 2]", "\"transpose_forward\": [0, 0, 9]"),
    ("\"std\": 180.0", "\"std\": NaN"), ("\"plans_name\"", "\"name\""),
    ("\"configurations\": {", "\"configurations_\": {"),
  ]) func `that is damaged itself is refused`(old: String, new: String) {
    #expect(throws: NNUNetError.self) { try read(theirs.replacingOccurrences(of: old, with: new)) }
  }

  @Test func `is written and read without a change`() throws {
    let plans = try read(theirs)
    let folder = try TemporaryFolder()
    try plans.write(to: folder.file("plans.json"))
    #expect(try Plans.read(from: folder.file("plans.json")) == plans)
    let object = try #require(JSON.read(from: folder.file("plans.json")).object)
    #expect(object.keys.first == "dataset_name")
    #expect(object.keys.last == "foreground_intensity_properties_per_channel")
    let configuration = try plans.configuration("smaller")
    let again = try JSONDecoder().decode(
      Configuration.self, from: JSONEncoder().encode(configuration))
    #expect(again == configuration)
  }
}

@Suite struct `A model's name` {
  @Test func `has three parts`() throws {
    let name = try #require(ModelName("nnUNetTrainer__nnUNetPlans__3d_fullres"))
    #expect(name == ModelName(configuration: "3d_fullres"))
    #expect("\(name)" == "nnUNetTrainer__nnUNetPlans__3d_fullres")
    for other in ["", "2d", "nnUNetTrainer__nnUNetPlans", "a__b__c__d"] {
      #expect(ModelName(other) == nil)
    }
  }
}
