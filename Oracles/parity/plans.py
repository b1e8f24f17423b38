# SPDX-License-Identifier: Apache-2.0
"""Fingerprints, plans and preprocessed cases of generated data sets: `cac` against nnunetv2 2.8.1.

    python -m Oracles.parity.plans CAC [--only WORD] [--keep]

Each set is written once; nnunetv2 and `cac plan` / `cac preprocess` work on the same files. Keys of
JSON files are compared one by one, numbers to 1e-6 relative, voxels to 1e-5 of their size, labels
and sampled voxels exactly. PARITY_SHORT=1 takes every sixth set, PARITY_RANDOM=100 draws as many at
random, --keep leaves the folders behind.
"""
import argparse
import contextlib
import io
import json
import math
import multiprocessing
import multiprocessing.pool
import os
import shutil
import subprocess
import sys
import time
import warnings

import numpy as np

from Oracles import nnunet_environment
from Oracles.nnunet_environment import threads
from Oracles.parity.datasets import SETS, write_set

import torch
from nnunetv2.experiment_planning.dataset_fingerprint import fingerprint_extractor
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import (
    ExperimentPlanner)
from nnunetv2.experiment_planning.experiment_planners.residual_unets import (
    residual_encoder_unet_planners as residual)
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities import utils
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

warnings.filterwarnings("ignore")
RAW, PRE = os.environ["nnUNet_raw"], os.environ["nnUNet_preprocessed"]
PLANNERS = [("default", ExperimentPlanner, 8), ("resenc-m", residual.nnUNetPlannerResEncM, 8),
            ("resenc-l", residual.nnUNetPlannerResEncL, 24),
            ("resenc-xl", residual.nnUNetPlannerResEncXL, 40)]


utils.Pool = lambda processes=1: multiprocessing.pool.ThreadPool(processes)


def oracle(dataset, samples):
    """The oracle's fingerprint, plans by planner, and the table of files."""
    with threads():
        extractor = fingerprint_extractor.DatasetFingerprintExtractor(dataset["id"], 1)
        extractor.show_progress_bar = False
        extractor.num_foreground_voxels_for_intensitystats = samples
        extractor.run(overwrite_existing=True)
    plans = {}
    for name, planner, memory in dataset.get("planners", PLANNERS):
        memory *= dataset.get("memory", 1)
        # The estimate needs shapes only, so no weight need exist.
        with torch.device("meta"):
            for target in [memory * f for f in dataset.get("before", [])] + [memory]:
                plans[name] = planner(dataset["id"], gpu_memory_target_in_gb=target).plan_experiment()
    return plans, extractor.dataset


def differences(a, b, path=""):
    """Where two JSON values differ; a is the oracle's."""
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            missing = sorted(set(map(str, a)) ^ set(map(str, b))) or "in another order"
            yield f"{path}: keys {missing}"
        for key in a:
            if key in b:
                yield from differences(a[key], b[key], f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            yield f"{path}: {a} / {b}"
        else:
            for i, (x, y) in enumerate(zip(a, b, strict=True)):
                yield from differences(x, y, f"{path}[{i}]")
    elif isinstance(a, bool) or isinstance(b, bool) or not (
            isinstance(a, (int, float)) and isinstance(b, (int, float))):
        if a != b or type(a) is not type(b):
            yield f"{path}: {a!r} / {b!r}"
    elif not (a == b or (math.isnan(a) and math.isnan(b))
              or abs(a - b) <= 1e-6 * max(abs(a), abs(b))):
        yield f"{path}: {a!r} / {b!r}"


def read_case(path):
    """A preprocessed case of `cac`: header, data, labels, class locations."""
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[8:16], "little")
    header = json.loads(content[16:16 + length])

    def up(n):
        return (n + 63) // 64 * 64

    shape = [header["channels"]] + header["shape"]
    voxels, at = math.prod(header["shape"]), up(16 + length)
    data = np.frombuffer(content, np.float32, math.prod(shape), at).reshape(shape)
    at += data.nbytes
    kind = {1: np.int8, 2: np.int16}[header["labelBytes"]]
    labels = np.frombuffer(content, kind, voxels, at).reshape(header["shape"])
    at = up(at + labels.nbytes)
    locations = []
    for entry in header["classes"]:
        found = np.frombuffer(content, np.int32, 3 * entry["count"], at).reshape(-1, 3)
        locations.append((entry["values"], found))
        at += found.nbytes
    return header, data, labels, locations


def compare_case(dataset, plans_file, configuration, name, files, path):
    """Where the oracle's preprocessing of a case differs from the stored one."""
    manager = PlansManager(plans_file)
    with open(os.path.join(RAW, dataset["name"], "dataset.json")) as file:
        description = json.load(file)
    data, seg, properties = DefaultPreprocessor(verbose=False).run_case(
        files["images"], files["label"], manager, manager.get_configuration(configuration),
        description)
    header, mine, labels, locations = read_case(path)
    if data.shape != mine.shape:
        yield f"{name}: shape {data.shape} / {mine.shape}"
        return
    worst = float(np.max(np.abs(data - mine) / np.maximum(1, np.abs(data))))
    if not worst <= 1e-5:
        yield f"{name}: voxels differ by {worst}"
    if not np.array_equal(seg[0], labels):
        yield f"{name}: {int((seg[0] != labels).sum())} of {labels.size} labels differ"
    kept = header["properties"]
    for key in ("bbox_used_for_cropping", "shape_before_cropping",
                "shape_after_cropping_and_before_resampling", "spacing"):
        theirs = json.loads(json.dumps(properties[key], default=lambda x: np.asarray(x).tolist()))
        yield from differences(theirs, kept[key], f"{name}: {key}")
    theirs = [(list(map(int, np.atleast_1d(k))), np.asarray(v).reshape(-1, 4)[:, 1:].astype(int))
              for k, v in properties["class_locations"].items()]
    if [k for k, _ in theirs] != [k for k, _ in locations]:
        yield f"{name}: classes {[k for k, _ in theirs]} / {[k for k, _ in locations]}"
        return
    for (key, a), (_, b) in zip(theirs, locations, strict=True):
        if not np.array_equal(a, b):
            yield f"{name}: the {len(a)} / {len(b)} sampled voxels of class {key} differ"


def cac(program, *arguments):
    """Runs a verb; returns what it printed as an error, or None."""
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode < 0:
        return f"ended by signal {-done.returncode}"
    return None if done.returncode == 0 else (done.stderr.strip() or "failed without a word")


def aged(path):
    """Turns a plans file into one of nnU-Net 2.2 with configurations that inherit in chains."""
    with open(path) as file:
        plans = json.load(file)
    key = "foreground_intensity_properties_"
    plans[key + "by_modality"] = plans.pop(key + "per_channel")
    stages = plans["configurations"]
    for stage in stages.values():
        if "architecture" not in stage:
            continue
        architecture = stage.pop("architecture")
        kwargs = architecture["arch_kwargs"]
        stage["UNet_class_name"] = architecture["network_class_name"].split(".")[-1]
        stage["UNet_base_num_features"] = kwargs["features_per_stage"][0]
        stage["n_conv_per_stage_encoder"] = kwargs["n_conv_per_stage"]
        stage["n_conv_per_stage_decoder"] = kwargs["n_conv_per_stage_decoder"]
        stage["num_pool_per_axis"] = [1] * len(stage["patch_size"])
        stage["pool_op_kernel_sizes"] = kwargs["strides"]
        stage["conv_kernel_sizes"] = kwargs["kernel_sizes"]
        stage["unet_max_num_features"] = max(kwargs["features_per_stage"])
    stages["2d_mine"] = {"inherits_from": "2d", "batch_size": 3}
    stages["2d_finer"] = {"inherits_from": "2d_mine", "data_identifier": "mine_2d",
                          "spacing": [0.9 * s for s in stages["2d"]["spacing"]]}
    stages["3d_flat"] = {
        "inherits_from": "3d_fullres", "data_identifier": "mine_3d",
        "resampling_fn_data_kwargs": {"order": 1},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 0}, "spacing": [2.5, 1.1, 0.7],
        "normalization_schemes": ["ZScoreNormalization"], "use_mask_for_norm": [True]}
    with open(path, "w") as file:
        json.dump(plans, file)
    return stages


def run_oracle(dataset, samples):
    """The oracle's plans, its table of files, and why it failed, if it did."""
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        try:
            return *oracle(dataset, samples), None
        except (Exception, SystemExit) as error:
            return None, None, f"{type(error).__name__}: {error}"


def plan_with(program, dataset, planners, samples):
    """Plans with every planner of `cac`; what it printed as errors."""
    errors = []
    for planner, _, memory in planners:
        for target in dataset.get("before", []) + [dataset.get("memory", 1)]:
            error = cac(program, "plan", dataset["name"], "--planner", planner, "--samples", samples,
                        *(["--memory", memory * target] if target != 1 else []))
        errors += [f"{planner}: {error}"] if error else []
    return errors


def load(folder, file):
    with open(os.path.join(folder, file)) as opened:
        return json.load(opened)


def compare_files(theirs, ours):
    """Where the JSON files of two folders differ, and how many there are."""
    files = [file for file in sorted(os.listdir(theirs)) if file.endswith(".json")]
    found, compared = [], 0
    for file in files:
        if not os.path.exists(os.path.join(ours, file)):
            found.append(f"{file} is missing")
            continue
        compared += 1
        found += differences(load(theirs, file), load(ours, file), file)
    return found, compared


def compare_preprocessing(program, dataset, plans, files, theirs, ours):
    """Where the cases that `cac preprocess` writes differ, and how many there are."""
    found, cases = [], 0
    wanted = dataset.get("preprocess", ["2d", "3d_fullres", "3d_lowres"])
    # The residual planners share the other folders with the default one, and say so by their plans.
    for planner, configurations in (("default", wanted), ("resenc-m", ["2d", "3d_lowres"])):
        if planner not in plans:
            continue
        name, stages = plans[planner]["plans_name"], plans[planner]["configurations"]
        configurations = [c for c in configurations if c in stages and c in wanted]
        if not configurations:
            continue
        # At once: configurations of one grid share their cases.
        error = cac(program, "preprocess", dataset["name"], "--plans", name, "-c", *configurations)
        if error:
            found.append(f"{planner}: preprocess {' '.join(configurations)}: {error}")
            continue
        for configuration in configurations:
            folder = os.path.join(ours, stages[configuration]["data_identifier"])
            for case, paths in files.items():
                with contextlib.redirect_stdout(io.StringIO()):
                    found += compare_case(dataset, os.path.join(theirs, name + ".json"), configuration,
                                          case, paths, os.path.join(folder, case + ".case"))
                cases += 1
    return found, cases


def compare(program, dataset):
    """The differences of one data set, and a word on what was compared."""
    dataset["name"] = write_set(dataset, RAW)
    samples = dataset.get("samples", 1_000_000)
    if samples > 1_000_000 or dataset.get("old"):
        dataset["planners"] = PLANNERS[:1]
    planners = dataset.get("planners", PLANNERS)
    ours = os.path.join(PRE, dataset["name"])
    plans, files, failure = run_oracle(dataset, samples)
    theirs = ours + ".oracle"
    shutil.rmtree(theirs, ignore_errors=True)
    os.makedirs(ours, exist_ok=True)
    os.rename(ours, theirs)
    errors = plan_with(program, dataset, planners, samples)
    if dataset.get("refused") and not failure and len(errors) == len(planners):
        return [], f"cac refuses: {errors[0].splitlines()[-1]}; {dataset['refused']}"
    if failure or errors:
        if failure and len(errors) == len(planners):
            return [], "both refuse: " + errors[0].splitlines()[-1]
        return errors or [f"the oracle fails ({failure}), cac does not"], ""
    found, compared = compare_files(theirs, ours)
    if dataset.get("old"):
        plans["default"] = {**plans["default"],
                            "configurations": aged(os.path.join(theirs, "nnUNetPlans.json"))}
        aged(os.path.join(ours, "nnUNetPlans.json"))
    more, cases = compare_preprocessing(program, dataset, plans, files, theirs, ours)
    names = " ".join(plans["default"]["configurations"])
    return found + more, f"{compared} files, {cases} cases, {names}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cac")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    sets = [s for s in SETS if options.only in s["group"] + ", " + s["title"]]
    if os.environ.get("PARITY_SHORT"):
        sets = sets[::6]
    failed = refused = 0
    for dataset in sets:
        start = time.time()
        found, summary = compare(os.path.abspath(options.cac), dataset)
        failed += bool(found)
        refused += summary.startswith("cac refuses")
        word = ("differs" if found else
                "refused" if summary.startswith("cac refuses") else "equal  ")
        print(f"{word} {dataset['group']:12} {dataset['title']}"
              f" ({summary}) {time.time() - start:.1f} s", flush=True)
        for line in found[:8]:
            print("        " + line)
    print(f"parity: plans: of {len(sets)} data sets {len(sets) - failed - refused} are equal, "
          f"{refused} refused by cac alone, {failed} differ")
    if options.keep:
        nnunet_environment.keep()
        print(nnunet_environment.ROOT)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
