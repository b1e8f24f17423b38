#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What nnunetv2 chooses: post-processing of label maps, and the best of several models.

python parity-selection.py FOLDER [SETS [TREES]]

Writes SETS folders of predictions with nnunetv2's postprocessing.json and results (the committed ones
are the first 5), and TREES of cross-validated models (the committed ones are the first 2) with its
inference_information.json, for the tests of both. nnunetv2 2.8.1 in the environment.
"""
import json
import multiprocessing
import multiprocessing.pool
import os
import shutil
import sys
import warnings

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


class Threads:
    Pool = staticmethod(lambda n=1: multiprocessing.pool.ThreadPool(n))


multiprocessing.get_context = lambda *_: Threads


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


if __name__ == "__main__":
    root = sys.argv[1]
    counts = [int(a) for a in sys.argv[2:]] + [5, 2][len(sys.argv) - 2:]
    for i in range(counts[0]):
        place = os.path.join(root, "set_%02d" % i)
        shutil.rmtree(place, ignore_errors=True)
        print("set %d:" % i, post_processing(place, i))
