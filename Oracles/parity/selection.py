# SPDX-License-Identifier: Apache-2.0
"""What nnunetv2 2.8.1 chooses: post-processing of label maps, and the best of several models.

    python -m Oracles.parity.selection FOLDER [SETS [TREES]]

writes SETS folders of predictions with nnunetv2's postprocessing.json and results (5, the committed
ones of Tests/Fixtures), and TREES of cross-validated models (2, the committed ones) with its
inference_information.json, for cac-oracle and the tests of both.
"""
import json
import os
import pickle
import shutil
import sys
import warnings

from Oracles.fixtures import FIXTURES
from Oracles.nnunet_environment import use_threads

import numpy as np
import SimpleITK as sitk

warnings.filterwarnings("ignore")  # Means of nothing.
LABELS = [
    ({"background": 0, "calcium": 1}, None),
    ({"background": 0, "a": 1, "b": 2, "c": 3}, None),
    ({"background": 0, "whole": [1, 2, 3], "core": [2, 3], "tip": [3]}, [1, 2, 3]),
    ({"background": 0, "a": 1, "b": 2, "ignore": 3}, None),
    ({"background": 0, "whole": [1, 2], "rest": 2}, [1, 2]),
]


def save(value, *path):
    os.makedirs(os.path.dirname(os.path.join(*path)), exist_ok=True)
    with open(os.path.join(*path), "w") as file:
        json.dump(value, file, separators=(",", ":"))


def image(array, *path):
    os.makedirs(os.path.dirname(os.path.join(*path)), exist_ok=True)
    out = sitk.GetImageFromArray(array)
    out.SetSpacing((0.5, 0.5, 3))
    sitk.WriteImage(out, os.path.join(*path), True)


def description(labels, order, cases):
    out = dict(channel_names={"0": "CT"}, labels=labels, numTraining=cases, file_ending=".nii.gz")
    if order:
        out["regions_class_order"] = order
    return out


def values(labels):
    return sorted({v for k, l in labels.items() if k not in ("background", "ignore")
                   for v in (l if isinstance(l, list) else [l])})


def reference(rng, labels, several, shape=(4, 12, 12)):
    """One box of each label, or several; now and then none."""
    array = np.zeros(shape, np.uint8)
    for value in values(labels):
        for _ in range(int(rng.integers(2, 5)) if several else int(rng.random() < 0.85)):
            z, y, x = (int(rng.integers(0, n - 2)) for n in shape)
            array[z:z + 2, y:y + int(rng.integers(2, 5)), x:x + int(rng.integers(2, 5))] = value
    if "ignore" in labels and rng.random() < 0.5:
        array[-1, :3, :3] = labels["ignore"]
    return array


def prediction(rng, truth, labels, noisy):
    """The reference with a rim missing and, of the labels named, specks elsewhere."""
    array = truth.copy()
    array[array == labels.get("ignore", 255)] = 0
    array[rng.random(array.shape) < 0.1] = 0
    for value in noisy:
        for _ in range(int(rng.integers(1, 6))):
            z, y, x = (int(rng.integers(0, n)) for n in array.shape)
            if array[z, y, x] == 0:
                array[z, y, x] = value
    return array


def post_processing(folder, index):
    from nnunetv2.postprocessing.remove_connected_components import determine_postprocessing
    labels, order = LABELS[index % len(LABELS)]
    rng = np.random.default_rng(index)
    several = index % 3 == 2
    noisy = [v for v in values(labels) if rng.random() < 0.6]
    cases = 5
    for case in range(cases):
        truth = reference(rng, labels, several)
        image(truth, folder, "reference", "case_%d.nii.gz" % case)
        if case != 2 or index % 2:  # A reference without a prediction is passed over.
            image(prediction(rng, truth, labels, noisy), folder, "prediction",
                  "case_%d.nii.gz" % case)
    save(description(labels, order, cases), folder, "prediction", "dataset.json")
    plans = dict(plans_name="nnUNetPlans", dataset_name="Dataset001_A", configurations={},
                 image_reader_writer="SimpleITKIO")
    place = os.path.join(folder, "prediction")
    determine_postprocessing(place, os.path.join(folder, "reference"), plans,
                             os.path.join(place, "dataset.json"), 1, True)
    os.remove(os.path.join(place, "postprocessing.pkl"))
    os.remove(os.path.join(place, "summary.json"))
    os.rename(os.path.join(place, "postprocessing.json"), os.path.join(folder, "expected.json"))
    os.rename(os.path.join(place, "postprocessed"), os.path.join(folder, "expected"))
    for name in os.listdir(os.path.join(folder, "expected")):
        if not name.endswith(".nii.gz"):
            os.remove(os.path.join(folder, "expected", name))
    with open(os.path.join(folder, "expected.json")) as file:
        expected = json.load(file)
    save(expected, folder, "expected.json")  # As it is, but on one line.
    return [k["labels_or_regions"] for k in expected["postprocessing_kwargs"]]


def probabilities(rng, map_, labels, order, sharpness):
    """Probabilities whose best class is mostly that of a label map, and now and then a tie."""
    regions = [l if isinstance(l, list) else [l] for k, l in labels.items()
               if k not in ("background", "ignore")]
    if order:
        out = np.stack([np.isin(map_, r) for r in regions]).astype(np.float32)
        out = 0.5 + (out - 0.5) * sharpness + rng.normal(0, 0.25, out.shape)
        out = np.clip(out, 0, 1)
    else:
        out = np.stack([map_ == v for v in [0] + values(labels)]).astype(np.float32)
        out = np.exp(2 * sharpness * out + rng.normal(0, 0.7, out.shape))
        out /= out.sum(0)
    # Eighths add up without rounding, so that equal maxima and exactly one half occur.
    return (np.round(out * 8) / 8).astype(np.float32)


DATASET = "Dataset001_T"


def tree_plans():
    """The plans of a committed model, with a third configuration like the second."""
    file = FIXTURES / "nnunet/models/plain-2d/nnUNetTrainer__nnUNetPlans__2d/plans.json"
    plans = json.loads(file.read_text())
    plans["dataset_name"] = DATASET
    plans["configurations"]["3d_lowres"] = plans["configurations"]["3d_fullres"]
    return plans


def write_references(folder, index, rng, labels, cases):
    """Label maps of the preprocessed data set, and of the raw one in every other tree."""
    truths = {}
    for case in cases:
        truths[case] = reference(rng, labels, index % 2 == 1, shape=(3, 7, 7))
        image(truths[case], folder, "preprocessed", DATASET, "gt_segmentations", case + ".nii.gz")
        if index % 2 == 0:
            image(truths[case], folder, "raw", DATASET, "labelsTr", case + ".nii.gz")
    return truths


def write_prediction(folder, case, probability, manager):
    """What nnU-Net keeps of a validated case, as far as writing a label map needs it."""
    image(np.asarray(manager.convert_probabilities_to_segmentation(probability), np.uint8),
          folder, case + ".nii.gz")
    np.savez_compressed(os.path.join(folder, case + ".npz"), probabilities=probability)
    with open(os.path.join(folder, case + ".pkl"), "wb") as file:
        pickle.dump({"sitk_stuff": {"spacing": (0.5, 0.5, 3.0), "origin": (0, 0, 0),
                                    "direction": (1, 0, 0, 0, 1, 0, 0, 0, 1)},
                     "spacing": [3.0, 0.5, 0.5]}, file)


def write_models(folder, rng, configurations, plans, text, truths, labels, order):
    """A model of two folds of each configuration; the third has the second's probabilities."""
    from nnunetv2.utilities.label_handling.label_handling import LabelManager
    manager, last = LabelManager(labels, order), {}
    for c, configuration in enumerate(configurations):
        model = os.path.join(folder, "results", DATASET,
                             "nnUNetTrainer__nnUNetPlans__" + configuration)
        save(plans, model, "plans.json")
        save(text, model, "dataset.json")
        for i, case in enumerate(truths):
            map_ = truths[case].copy()
            map_[map_ == labels.get("ignore", 255)] = 0
            if c != 2:
                last[case] = probabilities(rng, map_, labels, order, rng.uniform(0.6, 1.4))
            write_prediction(os.path.join(model, f"fold_{i % 2}/validation"), case, last[case],
                             manager)


def choose(copy, configurations, allow_ensembling):
    """Lets nnunetv2 find the best configuration of a tree; all results by configuration."""
    for key in ("raw", "preprocessed", "results"):
        os.environ["nnUNet_" + key] = os.path.join(copy, key)
    os.makedirs(os.path.join(copy, "raw"), exist_ok=True)
    from nnunetv2.evaluation.find_best_configuration import (
        dumb_trainer_config_plans_to_trained_models_dict, find_best_configuration)
    info = find_best_configuration(
        DATASET, dumb_trainer_config_plans_to_trained_models_dict(
            ["nnUNetTrainer"], configurations, ["nnUNetPlans"]),
        allow_ensembling=allow_ensembling, num_processes=1, folds=(0, 1))
    return info["all_results"]


def keep_choice(copy, folder):
    """Keeps nnunetv2's choice and the label maps that it post-processed."""
    with open(os.path.join(copy, "results", DATASET, "inference_information.json")) as file:
        written = json.load(file)
    best = written["best_model_or_ensemble"]
    source = os.path.dirname(best["postprocessing_file"])
    for key in ("postprocessing_file", "some_plans_file"):
        best[key] = os.path.relpath(best[key], copy)
    save(written, folder, "expected/inference_information.json")
    with open(os.path.join(source, "postprocessing.json")) as file:
        save(json.load(file), folder, "expected/postprocessing.json")
    for file in os.listdir(os.path.join(source, "postprocessed")):
        if file.endswith(".nii.gz"):
            shutil.copy(os.path.join(source, "postprocessed", file),
                        os.path.join(folder, "expected", file))


def tree(folder, index):
    """Two or three configurations of two folds, and which one nnunetv2 prefers."""
    labels, order = LABELS[[1, 2, 0, 3, 4][index % 5]]
    rng = np.random.default_rng(100 + index)
    plans = tree_plans()
    configurations = ["2d", "3d_fullres"] + (["3d_lowres"] if index % 3 == 2 else [])
    cases = [f"case_{i}" for i in range(4)]
    text = description(labels, order, len(cases))
    save(plans, folder, "preprocessed", DATASET, "nnUNetPlans.json")
    save(text, folder, "preprocessed", DATASET, "dataset.json")
    truths = write_references(folder, index, rng, labels, cases)
    write_models(folder, rng, configurations, plans, text, truths, labels, order)
    # nnU-Net chooses in a copy, so that the tree stays as a training would leave it.
    copy = folder + "-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    results = choose(copy, configurations, allow_ensembling=index % 4 != 3)
    keep_choice(copy, folder)
    shutil.rmtree(copy)
    return {k.replace("nnUNetTrainer__nnUNetPlans__", ""): round(v, 4) for k, v in results.items()}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    use_threads()
    root = os.path.abspath(sys.argv[1])
    counts = [int(a) for a in sys.argv[2:]] + [5, 2][len(sys.argv) - 2:]
    for make, kind, count in [(post_processing, "set", counts[0]), (tree, "tree", counts[1])]:
        for i in range(count):
            folder = os.path.join(root, f"{kind}_{i:02d}")
            shutil.rmtree(folder, ignore_errors=True)
            print(f"{kind} {i}:", make(folder, i))


if __name__ == "__main__":
    main()
