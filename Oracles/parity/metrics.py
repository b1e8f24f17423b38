# SPDX-License-Identifier: Apache-2.0
"""Label maps with the summary.json of nnunetv2 2.8.1, and its folds, for cac-oracle and the tests of metrics.

    python -m Oracles.parity.metrics FOLDER [COUNT]

writes COUNT sets of random maps (5, the committed ones of Tests/Fixtures): labels, regions, an ignore
label, empty references, empty predictions, more than nine labels.
"""
import json
import os
import sys
import warnings

from Oracles.nnunet_environment import use_threads

import numpy as np
import SimpleITK as sitk
from nnunetv2.evaluation.evaluate_predictions import compute_metrics_on_folder, save_summary_json
from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
from nnunetv2.utilities.crossval_split import generate_crossval_split
from nnunetv2.utilities.label_handling.label_handling import LabelManager

warnings.filterwarnings("ignore")  # Means of nothing.
LABELS = [
    ({"background": 0, "a": 1, "b": 2, "c": 3}, None),
    ({"background": 0, "a": 1, "b": 2, "ignore": 3}, None),
    ({"background": 0, "whole": [1, 2, 3], "core": [2, 3], "tip": [3], "rest": 1}, [1, 2, 3, 1]),
    ({"background": 0, "whole": [2, 1], "core": 2, "ignore": 3}, [1, 2]),
    ({"background": 0, **{"l%02d" % i: i for i in range(1, 12)}}, None),
]


def random_map(rng, shape, index, largest, is_empty):
    """Labels up to one drawn at random, so that some classes are left out."""
    top = int(rng.integers(1, largest + 1)) if index else largest
    array = rng.integers(0, top + 1, shape).astype(np.uint8)
    if is_empty and index % 2 == 0:
        array[:] = 0
    return array


def write_maps(folder, index, labels, cases):
    """References and predictions; case 1 lacks a reference, 2 a prediction, 3 both."""
    rng = np.random.default_rng(index)
    largest = max(int(np.max(v)) for v in labels.values())
    parts = ("reference", "prediction")
    for part in parts:
        os.makedirs(os.path.join(folder, part))
    for case in range(cases):
        shape = rng.integers(2, 7, 3)
        for part in parts:
            is_empty = (case, part) in [(1, "reference"), (2, "prediction")] or case == 3
            array = random_map(rng, shape, index, largest, is_empty)
            if part == "prediction" and "ignore" in labels:
                array[array == labels["ignore"]] = 0
            sitk.WriteImage(sitk.GetImageFromArray(array),
                            os.path.join(folder, part, f"case_{case}.nii.gz"), True)


def measured(folder, labels, order):
    """nnunetv2's metrics of the maps, the paths relative to the folder."""
    manager = LabelManager(labels, order)
    result = compute_metrics_on_folder(
        os.path.join(folder, "reference"), os.path.join(folder, "prediction"), None, SimpleITKIO(),
        ".nii.gz", manager.foreground_regions if manager.has_regions else manager.foreground_labels,
        manager.ignore_label, 1)
    for case in result["metric_per_case"]:
        for key in ("reference_file", "prediction_file"):
            case[key] = os.path.relpath(case[key], folder)
    return result


def write(folder, index):
    labels, order = LABELS[index % len(LABELS)]
    cases = 4
    write_maps(folder, index, labels, cases)
    description = dict(channel_names={"0": "CT"}, labels=labels, numTraining=cases,
                       file_ending=".nii.gz")
    if order:
        description["regions_class_order"] = order
    with open(os.path.join(folder, "dataset.json"), "w") as file:
        json.dump(description, file)
    summary = os.path.join(folder, "summary.json")
    save_summary_json(measured(folder, labels, order), summary)
    with open(summary) as file:
        written = json.load(file)
    with open(summary, "w") as file:  # As it is, but on one line.
        json.dump(written, file, separators=(",", ":"))


def splits():
    """Folds of several numbers of cases, and the 80:20 splits past the last fold."""
    out = []
    for count in (5, 6, 9, 10, 23, 64):
        names = sorted("%s_%d" % ("Bab"[i % 3], i) for i in range(count))
        folds = [{k: list(map(str, v)) for k, v in f.items()}
                 for f in generate_crossval_split(names, seed=12345, n_splits=5)]
        past = {}
        for fold in (5, 11):
            picked = np.random.RandomState(12345 + fold).choice(
                count, int(count * 0.8), replace=False)
            past[str(fold)] = dict(train=[names[i] for i in picked],
                                   val=[n for i, n in enumerate(names) if i not in picked])
        out.append(dict(identifiers=names, folds=folds, past=past))
    return out


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    use_threads()
    root, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    for i in range(count):
        write(os.path.join(root, f"set_{i:02d}"), i)
    with open(os.path.join(root, "splits.json"), "w") as file:
        json.dump(splits(), file, separators=(",", ":"))


if __name__ == "__main__":
    main()
