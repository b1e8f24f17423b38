# SPDX-License-Identifier: Apache-2.0
"""Oracle numbers of nnunetv2 2.8.1 on generated data sets -> Tests/Fixtures/nnunet.json.

pip install nnunetv2==2.8.1 torch==2.13.0   (batchgenerators 0.25.5, scikit-image 0.26, scipy 1.17)
python nnunet.py <output.json>

The images come from an integer hash that the tests compute as well.
"""
import json
import os
import sys
import tempfile

# Worker processes import this file again and inherit the folders.
root = os.environ.setdefault("NNUNET_ORACLE_ROOT", tempfile.mkdtemp())
for part in ("raw", "preprocessed", "results"):
    os.environ["nnUNet_" + part] = os.path.join(root, part)
    os.makedirs(os.environ["nnUNet_" + part], exist_ok=True)

import numpy as np
import SimpleITK as sitk
import torch
from batchgenerators.utilities.file_and_folder_operations import load_json, save_json
from nnunetv2.evaluation.evaluate_predictions import compute_metrics_on_folder
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import (
    DatasetFingerprintExtractor)
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import (
    ExperimentPlanner)
from nnunetv2.experiment_planning.experiment_planners.residual_unets import (
    residual_encoder_unet_planners as residual)
from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
from nnunetv2.inference.export_prediction import (
    convert_predicted_logits_to_segmentation_with_correct_shape as convert)
from nnunetv2.inference.sliding_window_prediction import compute_gaussian
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

RAW = os.environ["nnUNet_raw"]
PRE = os.environ["nnUNet_preprocessed"]
M = (1 << 32) - 1


def noise(shape, seed):
    z, y, x = np.meshgrid(*[np.arange(n, dtype=np.uint64) for n in shape], indexing="ij")
    h = (x * 374761393 + y * 668265263 + z * 2147483647 + seed * 3266489917) & M
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(1274126177)) & M
    return (h ^ (h >> np.uint64(16))) & M


def image(shape, seed, border):
    v = (noise(shape, seed) % np.uint64(4096)).astype(np.float32) - 1024
    if border:
        inner = np.zeros(shape, bool)
        inner[border:-border, border:-border, border:-border] = True
        v[~inner] = 0
        c = [n // 2 for n in shape]
        v[c[0] - 1:c[0] + 1, c[1] - 1:c[1] + 1, c[2] - 1:c[2] + 1] = 0
    return v


def labels(shape, seed, values):
    out = np.zeros(shape, np.float32)
    z, y, x = np.meshgrid(*[np.arange(n) for n in shape], indexing="ij")
    for i, value in enumerate(values):
        c = [(n * (i + 1 + seed % 3)) // (len(values) + 3) for n in shape]
        out[(z - c[0]) ** 2 + (y - c[1]) ** 2 + (x - c[2]) ** 2 <= 9 + 4 * i] = value
    return out


DATASETS = [
    dict(id=1, channels=["CT"], labels={"background": 0, "calcium": 1}, values=[1], border=0,
         cases=[([9 + i, 24 + 2 * i, 20 + i], [3.0, 0.5, 0.5 + 0.125 * (i % 2)]) for i in range(6)],
         empty=[2], regions=None),
    dict(id=2, channels=["CT", "MR"], labels={"background": 0, "a": 1, "b": 2, "ignore": 3},
         values=[1, 2, 3], border=3,
         cases=[([16 + i, 20 + i, 24 - i], [1.25, 1.0, 1.0 + 0.25 * i]) for i in range(4)],
         empty=[], regions=None),
    dict(id=3, channels=["CT"],
         labels={"background": 0, "whole": [1, 2, 3], "core": [2, 3], "tip": 3},
         values=[1, 2, 3], border=0,
         cases=[([18, 11 + i, 22], [0.75, 4.0, 0.5]) for i in range(3)], empty=[],
         regions=[1, 2, 3]),
]


def write_dataset(d):
    name = "Dataset%03d_Oracle" % d["id"]
    folder = os.path.join(RAW, name)
    os.makedirs(os.path.join(folder, "imagesTr"))
    os.makedirs(os.path.join(folder, "labelsTr"))
    description = dict(channel_names={str(i): c for i, c in enumerate(d["channels"])},
                       labels=d["labels"], numTraining=len(d["cases"]), file_ending=".nii.gz")
    if d["regions"]:
        description["regions_class_order"] = d["regions"]
    save_json(description, os.path.join(folder, "dataset.json"), sort_keys=False)
    for k, (shape, spacing) in enumerate(d["cases"]):
        arrays = [("imagesTr/case_%d_%04d.nii.gz" % (k, c),
                   image(shape, 100 * d["id"] + 10 * k + c, d["border"]))
                  for c in range(len(d["channels"]))]
        seg = labels(shape, k, [] if k in d["empty"] else d["values"])
        for file, array in arrays + [("labelsTr/case_%d.nii.gz" % k, seg.astype(np.uint8))]:
            itk = sitk.GetImageFromArray(array)
            itk.SetSpacing(list(map(float, spacing[::-1])))
            sitk.WriteImage(itk, os.path.join(folder, file))
    return name


def brief(configuration):
    a = configuration["architecture"]["arch_kwargs"]
    text = lambda rows: " ".join("".join(map(str, r)) for r in rows)
    return [configuration["batch_size"], configuration["patch_size"],
            list(map(float, configuration["spacing"])),
            list(map(float, configuration["median_image_size_in_voxels"])), text(a["strides"]),
            text(a["kernel_sizes"]), a["features_per_stage"][-1], configuration["batch_dice"],
            configuration["data_identifier"]]


def signature(a):
    a = np.asarray(a, np.float64).ravel()
    return [float(a.sum()), float(np.abs(a).sum()), float((a * (np.arange(a.size) % 97)).sum())]


def main():
    result = {"datasets": [], "plans": [], "versions": "nnunetv2 2.8.1"}
    for d in DATASETS:
        name = write_dataset(d)
        os.makedirs(os.path.join(PRE, name), exist_ok=True)
        extractor = DatasetFingerprintExtractor(d["id"], 1)
        # A hundredth of nnU-Net's samples, so that the tests stay quick.
        extractor.num_foreground_voxels_for_intensitystats = 10e5
        fingerprint = extractor.run(overwrite_existing=True)
        plans = ExperimentPlanner(d["id"]).plan_experiment()
        description = load_json(os.path.join(RAW, name, "dataset.json"))
        manager = PlansManager(os.path.join(PRE, name, "nnUNetPlans.json"))
        label_manager = manager.get_label_manager(description)
        entry = dict(id=d["id"], fingerprint=fingerprint["foreground_intensity_properties_per_channel"],
                     relative=float(fingerprint["median_relative_size_after_cropping"]),
                     shapes=[list(map(int, s)) for s in fingerprint["shapes_after_crop"]],
                     forward=list(map(int, plans["transpose_forward"])),
                     mask_for_norm=plans["configurations"]["2d"]["use_mask_for_norm"],
                     configurations={k: brief(v) for k, v in plans["configurations"].items()
                                     if "architecture" in v}, cases=[])
        for k in (0, 1):
            for c in ("2d", "3d_fullres"):
                configuration = manager.get_configuration(c)
                files = [os.path.join(RAW, name, "imagesTr", "case_%d_%04d.nii.gz" % (k, i))
                         for i in range(len(d["channels"]))]
                seg_file = os.path.join(RAW, name, "labelsTr", "case_%d.nii.gz" % k)
                data, seg, properties = DefaultPreprocessor(verbose=False).run_case(
                    files, seg_file, manager, configuration, description)
                values, counts = np.unique(seg, return_counts=True)
                locations = properties["class_locations"]
                shape = data.shape[1:]
                logits = np.stack([
                    (noise(shape, 7 + h) % np.uint64(2001)).astype(np.float32) / 100 - 10
                    for h in range(label_manager.num_segmentation_heads)]).astype(np.float16)
                exported = convert(torch.from_numpy(logits), manager, configuration, label_manager,
                                   properties)
                exported = np.asarray(exported)
                ev, ec = np.unique(exported, return_counts=True)
                entry["cases"].append(dict(
                    case=k, configuration=c, shape=list(data.shape),
                    box=[list(map(int, b)) for b in properties["bbox_used_for_cropping"]],
                    data=[signature(ch) for ch in data], labels={str(int(v)): int(n) for v, n in zip(values, counts)},
                    label_signature=signature(seg),
                    locations=[[list(map(int, np.atleast_1d(key))), len(v),
                                [] if len(v) == 0 else np.asarray(v)[:3, 1:].astype(int).tolist(),
                                [] if len(v) == 0 else
                                [float(s) for s in (np.asarray(v)[:, 1:] *
                                 (1 + np.arange(len(v)) % 89)[:, None]).sum(0)]]
                               for key, v in locations.items()],
                    export={str(int(v)): int(n) for v, n in zip(ev, ec)},
                    export_signature=signature(exported)))
        result["datasets"].append(entry)

    PLANNERS = [ExperimentPlanner, residual.ResEncUNetPlanner, residual.nnUNetPlannerResEncM,
                residual.nnUNetPlannerResEncL, residual.nnUNetPlannerResEncXL]
    DEFAULT_MEMORY = [8, 8, 8, 24, 40]
    rng = np.random.RandomState(2024)
    for k in range(12):
        n = int(rng.randint(3, 12))
        base = [float(rng.choice([0.5, 0.7, 1, 1.5, 3, 5])), float(rng.choice([0.35, 0.5, 0.8, 1.2])), 0]
        base[2] = base[1] if k % 3 else float(rng.choice([0.3, 0.9, 2.5]))
        size = [int(rng.choice([24, 40, 96, 200])), int(rng.choice([64, 150, 320, 512])), 0]
        size[2] = size[1] if k % 4 else int(rng.choice([90, 410]))
        if k == 11:
            size[0] = 1
        if k % 5 == 4:
            base, size = base[1:] + base[:1], size[1:] + size[:1]
        spacings = [[round(float(b * f), 3) for b, f in zip(base, rng.choice([0.8, 1, 1, 1.25], 3))]
                    for _ in range(n)]
        shapes = [[max(1, int(s * f)) if s > 1 else 1 for s, f in zip(size, rng.choice([0.9, 1, 1, 1.2], 3))]
                  for _ in range(n)]
        training = int(rng.choice([n, 40, 400]))
        entries = int(rng.randint(2, 6))
        name = "Dataset%03d_Plan" % (100 + k)
        folder = os.path.join(RAW, name)
        for sub in ("imagesTr", "labelsTr"):
            os.makedirs(os.path.join(folder, sub))
        tiny = sitk.GetImageFromArray(np.ones((2, 2, 2), np.float32))
        sitk.WriteImage(tiny, os.path.join(folder, "imagesTr", "a_0000.nii.gz"))
        sitk.WriteImage(tiny, os.path.join(folder, "labelsTr", "a.nii.gz"))
        save_json(dict(channel_names={"0": "CT"}, numTraining=training, file_ending=".nii.gz",
                       labels={("background" if i == 0 else "l%d" % i): i for i in range(entries)}),
                  os.path.join(folder, "dataset.json"), sort_keys=False)
        os.makedirs(os.path.join(PRE, name))
        props = dict(max=1.0, mean=0.0, median=0.0, min=-1.0, percentile_00_5=-1.0, percentile_99_5=1.0,
                     std=1.0)
        save_json(dict(foreground_intensity_properties_per_channel={"0": props},
                       median_relative_size_after_cropping=1.0, shapes_after_crop=shapes,
                       spacings=spacings), os.path.join(PRE, name, "dataset_fingerprint.json"))
        entry = dict(spacings=spacings, shapes=shapes, training=training, entries=entries, plans={})
        for planner, memory in zip(PLANNERS, DEFAULT_MEMORY):
            p = planner(100 + k, gpu_memory_target_in_gb=memory).plan_experiment()
            entry["forward"] = list(map(int, p["transpose_forward"]))
            entry["median"] = [list(map(float, p["original_median_spacing_after_transp"])),
                               list(map(int, p["original_median_shape_after_transp"]))]
            entry["plans"][planner.__name__] = {c: brief(v) for c, v in p["configurations"].items()
                                                if "architecture" in v}
            os.remove(os.path.join(PRE, name, p["plans_name"] + ".json"))
        result["plans"].append(entry)

    result["gaussian"] = [
        [list(t), signature(compute_gaussian(t, 1 / 8, 10, torch.float16, torch.device("cpu"))
                            .to(torch.float64).numpy())]
        for t in [(8, 8), (64, 96), (512, 512), (28, 64, 64), (20, 80, 64)]]

    folder = tempfile.mkdtemp()
    for sub in ("ref", "pred"):
        os.makedirs(os.path.join(folder, sub))
        for k in range(3):
            a = (noise([4, 9, 8], k + (50 if sub == "pred" and k < 2 else 0)) % np.uint64(4)).astype(np.uint8)
            if k == 2:
                a[:] = 0
            sitk.WriteImage(sitk.GetImageFromArray(a), os.path.join(folder, sub, "c%d.nii.gz" % k))
    for key, regions, ignore in (("summary", [1, 2, 3], None), ("summary_regions", [(1, 2), (2,)], 3)):
        s = compute_metrics_on_folder(os.path.join(folder, "ref"), os.path.join(folder, "pred"), None,
                                      SimpleITKIO(), ".nii.gz", regions, ignore, 1)
        result[key] = dict(
            mean=[[None if np.isnan(v) else float(v) for _, v in sorted(s["mean"][r].items())]
                  for r in regions],
            foreground=[None if np.isnan(v) else float(v)
                        for _, v in sorted(s["foreground_mean"].items())])

    with open(sys.argv[1], "w") as f:
        json.dump(result, f, separators=(",", ":"))


if __name__ == "__main__":
    main()
