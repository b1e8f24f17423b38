# SPDX-License-Identifier: Apache-2.0
"""Fingerprints, plans and preprocessed cases of generated data sets: `cac` against nnunetv2 2.8.1.

python -m Oracles.parity.plans CAC [--only WORD] [--keep]

Each set is written once; nnunetv2 and `cac plan` / `cac preprocess` work on the same files. Keys of
JSON files are compared one by one, numbers to 1e-6 relative, voxels to 1e-5 of their size, labels
and sampled voxels exactly. PARITY_SHORT=1 takes every sixth set, PARITY_RANDOM=100 draws as many at
random.
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
from Oracles.nnunet_environment import ROOT, threads  # ROOT is used by image_formats and resume.
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
            for i, (x, y) in enumerate(zip(a, b)):
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
    up = lambda n: (n + 63) // 64 * 64
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
    for (key, a), (_, b) in zip(theirs, locations):
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
        one = stage.pop("architecture")
        kwargs = one["arch_kwargs"]
        stage["UNet_class_name"] = one["network_class_name"].split(".")[-1]
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


def compare(program, dataset):
    """The differences of one data set, and a word on what was compared."""
    name = write_set(dataset, RAW)
    dataset["name"] = name
    samples = dataset.get("samples", 1_000_000)
    if samples > 1_000_000 or dataset.get("old"):
        dataset["planners"] = PLANNERS[:1]
    folder = os.path.join(PRE, name)
    failure = None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            plans, files = oracle(dataset, samples)
        except (Exception, SystemExit) as error:
            failure = f"{type(error).__name__}: {error}"
    theirs = folder + ".oracle"
    shutil.rmtree(theirs, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)
    os.rename(folder, theirs)
    errors = []
    planners = dataset.get("planners", PLANNERS)
    for planner, _, memory in planners:
        for target in dataset.get("before", []) + [dataset.get("memory", 1)]:
            error = cac(program, "plan", name, "--planner", planner, "--samples", samples,
                        *(["--memory", memory * target] if target != 1 else []))
        errors += [f"{planner}: {error}"] if error else []
    if dataset.get("refused") and not failure and len(errors) == len(planners):
        return [], f"cac refuses: {errors[0].splitlines()[-1]}; {dataset['refused']}"
    if failure or errors:
        if failure and len(errors) == len(planners):
            return [], "both refuse: " + errors[0].splitlines()[-1]
        return errors or [f"the oracle fails ({failure}), cac does not"], ""
    found, compared = [], 0
    known = plans["default"]["configurations"]

    def load(place, file):
        with open(os.path.join(place, file)) as opened:
            return json.load(opened)
    for file in sorted(os.listdir(theirs)):
        if not file.endswith(".json"):
            continue
        if not os.path.exists(os.path.join(folder, file)):
            found.append(f"{file} is missing")
            continue
        compared += 1
        found += differences(load(theirs, file), load(folder, file), file)
    cases = 0
    if dataset.get("old"):
        plans["default"] = {**plans["default"],
                            "configurations": aged(os.path.join(theirs, "nnUNetPlans.json"))}
        aged(os.path.join(folder, "nnUNetPlans.json"))
    # The residual planners share the other folders with the default one, and say so by their plans.
    wanted = dataset.get("preprocess", ["2d", "3d_fullres", "3d_lowres"])
    for planner, configurations in (("default", wanted), ("resenc-m", ["2d", "3d_lowres"])):
        if planner not in plans:
            continue
        known = plans[planner]["configurations"]
        configurations = [c for c in configurations if c in known and c in wanted]
        if not configurations:
            continue
        # At once: configurations of one grid share their cases.
        error = cac(program, "preprocess", name, "--plans", plans[planner]["plans_name"], "-c",
                    *configurations)
        if error:
            found.append(f"{planner}: preprocess {' '.join(configurations)}: {error}")
            continue
        for configuration in configurations:
            for case, paths in list(files.items()):
                path = os.path.join(folder, known[configuration]["data_identifier"],
                                    case + ".case")
                plans_file = os.path.join(theirs, plans[planner]["plans_name"] + ".json")
                with contextlib.redirect_stdout(io.StringIO()):
                    found += compare_case(dataset, plans_file, configuration, case, paths, path)
                cases += 1
    known = plans["default"]["configurations"]
    return found, f"{compared} files, {cases} cases, {' '.join(known)}"


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
        found, said = compare(os.path.abspath(options.cac), dataset)
        failed += bool(found)
        refused += said.startswith("cac refuses")
        word = "differs" if found else "refused" if said.startswith("cac refuses") else "equal  "
        print(f"{word} {dataset['group']:12} {dataset['title']}"
              f" ({said}) {time.time() - start:.1f} s", flush=True)
        for line in found[:8]:
            print("        " + line)
    print(f"parity-plans: of {len(sets)} data sets {len(sets) - failed - refused} are equal, "
          f"{refused} refused by cac alone, {failed} differ")
    if options.keep:
        nnunet_environment.keep()
        print(nnunet_environment.ROOT)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
