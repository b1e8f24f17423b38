# SPDX-License-Identifier: Apache-2.0
"""Networks of nnunetv2 2.8.1 with random weights, and what nnunetv2 predicts with them.

    python -m Oracles.parity.models make FOLDER [--small]
    python -m Oracles.parity.models check FOLDER

`make` lets nnunetv2 plan four data sets of random images and writes for each network (plain and
residual, 2D and 3D) a model folder with checkpoints of nnUNetTrainer, an image, and the logits and
label maps of nnunetv2. `--small` makes the committed ones of Tests/Fixtures/nnunet/models.

`check` compares what `cac` made of them (scripts/parity runs it): label maps, probabilities and
exported checkpoints, which must load strictly.
"""
import json
import os
import shutil
import sys
from pathlib import Path

from Oracles.nnunet_environment import PREPROCESSED as PRE
from Oracles.nnunet_environment import RAW

os.environ["nnUNet_compile"] = "f"

import numpy as np
import SimpleITK as sitk
import torch

# name, ResEnc planner, configuration, shape (z, y, x), spacing (x, y, z), classes, folds
CASES = [
    ("plain-2d", False, "2d", (6, 40, 36), (0.5, 0.5, 3.0), 2, 2),
    ("plain-3d", False, "3d_fullres", (12, 44, 40), (0.5, 0.5, 3.0), 5, 1),
    ("residual-2d", True, "2d", (5, 36, 40), (0.7, 0.7, 1.0), 5, 1),
    ("residual-3d", True, "3d_fullres", (20, 26, 24), (0.8, 0.8, 1.0), 2, 2),
]


def image(shape, spacing, seed, oblique=False):
    """Blobs in noise; ints, so that the file holds exactly what is meant."""
    r = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    v = 60 * np.sin(5 * x + seed) + 40 * np.cos(7 * y) * z + r.normal(0, 30, shape)
    blob = (x - 0.3) ** 2 + (y + 0.2) ** 2 + z ** 2 < 0.15
    v[blob] += 300
    result = sitk.GetImageFromArray(np.round(v).astype(np.int16))
    result.SetSpacing(spacing)
    result.SetOrigin((-11.5, 20.25, 300.0))
    if oblique:
        c, s = 0.8, 0.6
        result.SetDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    return result, blob


def write_fingerprint(name, shape, spacing, classes):
    """A data set of which the planner needs the fingerprint, dataset.json and one image."""
    (RAW / name / "imagesTr").mkdir(parents=True)
    (PRE / name).mkdir(parents=True)
    # The planner reads the first image to choose a reader.
    for k in range(3):
        sitk.WriteImage(image(shape, spacing, k)[0],
                        str(RAW / name / "imagesTr" / f"c{k}_0000.nii.gz"))
    names = {"background": 0, **{f"label{i}": i for i in range(1, classes)}}
    (RAW / name / "dataset.json").write_text(json.dumps(
        {"channel_names": {"0": "CT"}, "labels": names, "numTraining": 3,
         "file_ending": ".nii.gz"}))
    (PRE / name / "dataset_fingerprint.json").write_text(json.dumps(
        {"foreground_intensity_properties_per_channel": {"0": {
            "max": 480.0, "mean": 120.5, "median": 101.0, "min": -220.0,
            "percentile_00_5": -150.0, "percentile_99_5": 390.0, "std": 140.25}},
         "median_relative_size_after_cropping": 1.0,
         "shapes_after_crop": [list(shape)] * 3, "spacings": [list(spacing[::-1])] * 3}))


def plan(index, residual, shape, spacing, classes, small, features=8):
    """The plan, by nnunetv2, of a data set whose fingerprint is given."""
    from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import (
        ExperimentPlanner)
    from nnunetv2.experiment_planning.experiment_planners.residual_unets.\
        residual_encoder_unet_planners import nnUNetPlannerResEncM
    name = f"Dataset{index:03d}_Parity"
    write_fingerprint(name, shape, spacing, classes)
    planner = (nnUNetPlannerResEncM if residual else ExperimentPlanner)(index)
    planner.UNet_base_num_features = 2 if small else features
    if residual:
        planner.UNet_blocks_per_stage_encoder = (1, 2, 1, 1, 1, 1, 1)
    planner.plan_experiment()
    plans = PRE / name / f"{planner.plans_identifier}.json"
    shutil.copy(RAW / name / "dataset.json", PRE / name / "dataset.json")
    return json.loads(plans.read_text()), json.loads((PRE / name / "dataset.json").read_text())


def stand_in(trainer):
    """nnUNetTrainer looks at the endings in its folder of preprocessed cases before anything else."""
    folder = Path(trainer.preprocessed_dataset_folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "c0.b2nd").touch()


def randomise(trainer):
    """Weights so that every class wins somewhere: each has the mean logit 0 on noise."""
    with torch.no_grad():
        for name, p in trainer.network.named_parameters():
            if p.ndim == 1:
                p.copy_((1 if "norm.weight" in name else 0) + 0.3 * torch.randn_like(p))
            elif "seg_layers" in name:
                p.copy_(2 * torch.randn_like(p))
        patch = trainer.configuration_manager.patch_size
        finest = trainer.network(torch.randn(1, trainer.num_input_channels, *patch))[0]
        trainer.network.decoder.seg_layers[-1].bias -= finest.mean([0, *range(2, finest.ndim)])


def fill_log(trainer):
    """A log of two epochs as training writes it, with numpy's scalars."""
    for epoch in range(2):
        for key, value in (("train_losses", -0.1), ("val_losses", 0.2), ("lrs", 0.01),
                           ("mean_fg_dice", 0.25 + epoch), ("epoch_start_timestamps", 10.0 * epoch),
                           ("dice_per_class_or_region", [np.float64(0.5)]),
                           ("epoch_end_timestamps", 10.0 * epoch + 7)):
            trainer.logger.log(key, np.float64(value) if np.isscalar(value) else value, epoch)
    trainer.current_epoch = 1
    trainer._best_ema = np.float64(0.325)


def add_momenta(trainer):
    """Optimizer state, but for the coarsest head, which never has a gradient."""
    for name, p in trainer.network.named_parameters():
        if ".seg_layers.0." not in name:
            p.grad = 0.01 * torch.randn_like(p)
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()


def train(plans, dataset, configuration, fold, seed, small):
    """A checkpoint of nnUNetTrainer, as it writes them, with random weights."""
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
    torch.manual_seed(seed)
    trainer = nnUNetTrainer({**plans, "continue_training": False}, configuration, fold, dataset,
                            torch.device("cpu"))
    stand_in(trainer)
    trainer.initialize()
    trainer.configure_rotation_dummyDA_mirroring_and_inital_patch_size()
    randomise(trainer)
    fill_log(trainer)
    if not small:
        add_momenta(trainer)
    folder = Path(trainer.output_folder)
    folder.mkdir(parents=True, exist_ok=True)
    trainer.save_checkpoint(str(folder / "checkpoint_final.pth"))
    return folder


def predictor(model, folds):
    """nnunetv2's predictor for a model folder, on the processor."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    found = nnUNetPredictor(device=torch.device("cpu"), perform_everything_on_device=False,
                          allow_tqdm=False)
    found.initialize_from_trained_model_folder(str(model), folds, "checkpoint_final.pth")
    return found


def predict(model, folds, path, stem):
    """nnunetv2's logits on the network's grid, its label map and its probabilities."""
    stem.parent.mkdir(exist_ok=True)
    network = predictor(model, folds)
    pre = network.configuration_manager.preprocessor_class(verbose=False)
    data, _, _ = pre.run_case([str(path)], None, network.plans_manager,
                              network.configuration_manager, network.dataset_json)
    logits = network.predict_logits_from_preprocessed_data(torch.as_tensor(np.asarray(data)))
    network.predict_from_files_sequential([[str(path)]], [str(stem)], save_probabilities=True,
                                          overwrite=True)
    return logits.numpy()


def make_model(case, index, small):
    """A model folder of nnunetv2 for one of CASES."""
    name, residual, configuration, shape, spacing, classes, folds = case
    plans, dataset = plan(900 + index, residual, shape, spacing, classes, small)
    trained = [train(plans, dataset, configuration, fold, 17 * index + fold, small)
               for fold in range(folds)]
    return trained, {"plans.json": plans, "dataset.json": dataset}


def make(out, small):
    for index, case in enumerate(CASES):
        name, residual, configuration, shape, spacing, classes, folds = case
        if small:
            folds = 1
            shape = tuple(n // 2 + 2 for n in shape)
            case = (name, residual, configuration, shape, spacing, classes, folds)
        trained, texts = make_model(case, index, small)
        model = out / name / trained[0].parent.name
        model.mkdir(parents=True)
        for file, text in texts.items():
            (model / file).write_text(json.dumps(text))
        for fold, folder in enumerate(trained):
            (model / f"fold_{fold}").mkdir()
            shutil.copy(folder / "checkpoint_final.pth", model / f"fold_{fold}")
        # A finer and a coarser grid than the plan's, larger than its patch.
        grid = shape if small else (shape[0] + 5, shape[1] + 17, shape[2] + 30)
        scan, _ = image(grid, tuple(s * 1.1 for s in spacing), 40 + index, oblique=True)
        path = out / name / "input" / "scan_0000.nii.gz"
        path.parent.mkdir()
        sitk.WriteImage(scan, str(path))
        keep_prediction(model, folds, path, configuration, small)


def keep_prediction(model, folds, path, configuration, small):
    """What nnunetv2 predicts; of small models only logits and label map are kept."""
    theirs = model.parent / "theirs"
    logits = predict(model, tuple(range(folds)), path, theirs / "scan")
    (theirs / "logits.f16").write_bytes(logits.astype("<f2").tobytes())
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(theirs / "scan.nii.gz")))
    print(f"{model.parent.name}: {configuration}, logits {logits.shape} in "
          f"[{logits.min():.2f}, {logits.max():.2f}], labels {np.bincount(labels.ravel())}")
    for extra in theirs.iterdir():
        if small and extra.name not in ("logits.f16", "scan.nii.gz"):
            extra.unlink()


def check_predictions(case, failures):
    """Our label maps and probabilities, by the model as it is and after the import."""
    theirs = sitk.ReadImage(str(case / "theirs/scan.nii.gz"))
    a = sitk.GetArrayFromImage(theirs)
    for ours in ("ours", "imported"):
        scan = sitk.ReadImage(str(case / ours / "scan.nii.gz"))
        same = (a == sitk.GetArrayFromImage(scan)).mean()
        grid = max(np.abs(np.subtract(getattr(theirs, g)(), getattr(scan, g)())).max()
                   for g in ("GetOrigin", "GetSpacing", "GetDirection"))
        p = np.load(case / "theirs/scan.npz")["probabilities"]
        q = np.load(case / ours / "scan.npz")["probabilities"]
        worst = np.abs(p - q).max() if p.shape == q.shape else np.inf
        print(f"{case.name} {ours}: {100 * same:.4f} % of labels equal, probabilities within "
              f"{worst:.1e}, grid within {grid:.1e}")
        # A comparison with NaN is false, so each says what must hold.
        if not (same >= 0.9999 and worst <= 1e-5 and grid <= 1e-4):
            failures.append(f"{case.name} {ours}")


def check_checkpoint(name, fold, before, after, failures):
    """Whether an exported checkpoint holds what the imported one did; loads it without trust, too."""
    old = torch.load(before, weights_only=False, map_location="cpu")
    for only in (True, False):
        new = torch.load(after, weights_only=only, map_location="cpu")
    a, b = (x["optimizer_state"]["state"] for x in (old, new))
    if set(a) != set(b) or any(
            not torch.equal(a[k]["momentum_buffer"], b[k]["momentum_buffer"]) for k in a):
        failures.append(f"{name}: exported momenta of fold {fold}")
    a, b = old["network_weights"], new["network_weights"]
    if set(a) != set(b) or any(not torch.equal(a[k], b[k]) for k in a):
        failures.append(f"{name}: exported weights of fold {fold}")
    for key in ("trainer_name", "inference_allowed_mirroring_axes", "current_epoch", "_best_ema"):
        if old[key] != new[key]:
            failures.append(f"{name}: {key} is {new[key]}, was {old[key]}")
    return new


def check_export(case, model, failures):
    """What was exported must load strictly, predict the same and go on training."""
    name, exported = case.name, case / "exported" / model.name
    folds = tuple(range(len(list(model.glob("fold_*")))))
    checkpoints = [f"fold_{fold}/checkpoint_final.pth" for fold in folds]
    exports = [check_checkpoint(name, fold, model / file, exported / file, failures)
               for fold, file in zip(folds, checkpoints, strict=True)]
    network = predictor(exported, folds).network
    for new in exports:
        network.load_state_dict(new["network_weights"], strict=True)
    again = predict(exported, folds, case / "input/scan_0000.nii.gz", case / "again" / "scan")
    before = np.frombuffer((case / "theirs/logits.f16").read_bytes(), "<f2")
    if not np.array_equal(again.ravel(), before.astype(again.dtype)):
        failures.append(f"{name}: logits of the exported checkpoint")
    resume(exported, name, failures)


def check(out):
    failures = []
    for name, *_ in CASES:
        case = out / name
        check_predictions(case, failures)
        check_export(case, next(p for p in case.iterdir() if "__" in p.name), failures)
    for sentence in failures:
        print("differs:", sentence, file=sys.stderr)
    if failures:
        sys.exit(f"{len(failures)} differences")
    print(f"{len(CASES)} models of nnunetv2 2.8.1 agree, imported and exported, too")


def resume(exported, name, failures):
    """nnUNetTrainer resumes from the exported checkpoint."""
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
    plans, dataset = (json.loads((exported / f).read_text()) for f in ("plans.json",
                                                                       "dataset.json"))
    trainer = nnUNetTrainer({**plans, "continue_training": True}, exported.name.split("__")[2], 0,
                            dataset, torch.device("cpu"))
    stand_in(trainer)
    trainer.initialize()
    trainer.load_checkpoint(str(exported / "fold_0/checkpoint_final.pth"))
    if trainer.current_epoch != 2:
        failures.append(f"{name}: training would go on at epoch {trainer.current_epoch}")


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(arguments) != 2 or arguments[0] not in ("make", "check"):
        sys.exit(__doc__)
    torch.set_num_threads(2)
    if arguments[0] == "make":
        make(Path(arguments[1]), "--small" in sys.argv)
    else:
        check(Path(arguments[1]))
