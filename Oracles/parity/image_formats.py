# SPDX-License-Identifier: Apache-2.0
"""Every image format of nnunetv2 2.8.1 through the whole command line: `cac` against nnunetv2.

    python -m Oracles.parity.image_formats CAC [--only WORD]

Data sets of datasets.py are planned and preprocessed by both (as plans.py does), then a
network of random weights predicts their images: label maps, the kind of their numbers, their grid
and the probabilities are compared, and ensembles of one program's and the other's files.
PARITY_SHORT=1 takes a few of them.
"""
import argparse
import contextlib
import io
import json
import os
import pickle
import shutil
import sys
import time
from pathlib import Path

from Oracles.nnunet_environment import ROOT, threads
from Oracles.parity import models, plans
from Oracles.parity.datasets import SETS

import numpy as np
import SimpleITK as sitk
import torch
from nnunetv2.ensembling.ensemble import ensemble_folders
from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
from nnunetv2.imageio.reader_writer_registry import recursive_find_reader_writer_by_name

TITLES = [
    ".nrrd", ".png in colour", ".tif of stacks with their spacing", ".mha of two dimensions, float64",
    # Up to here with PARITY_SHORT.
    ".nii", ".mha", ".gipl", ".nrrd of two dimensions", "files of two dimensions", ".png in grey",
    ".png in 16 bits", ".png in colour and alpha", ".png in colour of 16 bits", ".bmp in grey",
    ".bmp in colour", ".tif in 16 bits", ".tif in colour", ".tiff stacks of 16 bits",
    ".tiff stacks without spacing", "channels along a fourth axis of .nrrd"]


def stored(path):
    """The numbers of a file as they lie there, which tell their kind and the number of axes."""
    if path.suffix in (".tif", ".tiff"):
        import tifffile
        return tifffile.imread(path)
    if path.suffix in (".png", ".bmp"):
        from skimage import io as pictures
        return pictures.imread(path)
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def away(a, b):
    """How far two trees of numbers are from each other."""
    if isinstance(a, dict):
        return max([0] + [away(a[k], b[k]) for k in a]) if set(a) == set(b) else np.inf
    a, b = np.asarray(a, float), np.asarray(b, float)
    return float(np.abs(a - b).max(initial=0)) if a.shape == b.shape else np.inf


def tied(probabilities, where):
    """Whether nnunetv2's two best classes are as good as equal at all places where labels differ."""
    if not probabilities.exists() or not where.any():
        return False
    two = np.sort(np.load(probabilities)["probabilities"], 0)[-2:]
    return bool((two[1] - two[0])[where[0]].max() < 1e-3)


def grid(properties):
    """What a reader or a .pkl says of the grid."""
    return {k: properties[k] for k in ("spacing", "sitk_stuff") if k in properties}


def names_of_files(folder, reader, ending):
    """Label maps, probabilities and properties of a folder; what each program logs is left out."""
    endings = (ending, ".npz", ".pkl") + ((".json",) if "Tiff" in reader.__name__ else ())
    logs = (".run.json", "dataset.json", "plans.json", "predict_from_raw_data_args.json")
    return sorted(f.name for f in folder.iterdir()
                  if f.name.endswith(endings) and not f.name.endswith(logs))


def label_differences(reader, a, b, probabilities, ties):
    """Where two label maps differ; voxels where two classes are tied are counted."""
    (x, p), (y, q) = (reader().read_seg(str(f)) for f in (a, b))
    x2, y2 = stored(a), stored(b)
    name = f"{b.parent.name}/{b.name}"
    if (x2.dtype, x2.shape) != (y2.dtype, y2.shape):
        yield f"{name}: {x2.dtype} {x2.shape} / {y2.dtype} {y2.shape}"
    elif tied(probabilities, x != y):
        ties.append(int((x != y).sum()))
    elif not (x == y).mean() >= 0.9999:
        yield f"{name}: {100 * (x == y).mean():.3f} % of labels equal"
    if not away(grid(p), grid(q)) < 1e-4:
        yield f"{name}: grid {p} / {q}"


def other_differences(a, b):
    """Where two files of probabilities, properties or spacings differ."""
    name = f"{b.parent.name}/{b.name}"
    if b.suffix == ".npz":
        off = np.abs(np.load(a)["probabilities"] - np.load(b)["probabilities"])
        # A comparison with NaN is false, so this says what must hold.
        if not (np.quantile(off, 0.999) <= 1e-3 and off.max() <= 2e-2):
            yield f"{name}: probabilities differ by {off.max()}"
    elif b.suffix == ".pkl":
        p, q = (pickle.loads(f.read_bytes()) for f in (a, b))
        if not away(grid(p), {k: v for k, v in grid(q).items() if k in p}) < 1e-4:
            yield f"{name}: {grid(p)} / {grid(q)}"
    elif not away(json.loads(a.read_text()), json.loads(b.read_text())) < 1e-6:
        yield f"{name}: {a.read_text()} / {b.read_text()}"


def differences(reader, ending, theirs, ours, ties):
    """Where two folders of predictions differ."""
    names = [names_of_files(folder, reader, ending) for folder in (theirs, ours)]
    if names[0] != names[1]:
        yield f"{ours.name}: files {sorted(set(names[0]) ^ set(names[1]))}"
        return
    for name in names[0]:
        if name.endswith(ending):
            probabilities = theirs.parent / "theirs" / (name[:-len(ending)] + ".npz")
            yield from label_differences(reader, theirs / name, ours / name, probabilities, ties)
        else:
            yield from other_differences(theirs / name, ours / name)


@contextlib.contextmanager
def three_axes(dataset):
    """Leaves nnunetv2 three axes of a grid with four.

    With all of them it stops by an assertion where it writes the label map of such an image.
    """
    real = SimpleITKIO.read_images

    def read_images(self, files):
        images, properties = real(self, files)
        kept = properties["sitk_stuff"]
        matrix = np.reshape(kept["direction"], (-1, len(kept["spacing"])))[:3, :3]
        kept.update(spacing=kept["spacing"][:3], origin=kept["origin"][:3],
                    direction=tuple(map(float, matrix.ravel())))
        return images, properties
    if dataset.get("four"):
        SimpleITKIO.read_images = read_images
    try:
        yield
    finally:
        SimpleITKIO.read_images = real


def trained(dataset, work):
    """A model folder of nnunetv2 with random weights for a data set that it has planned."""
    name = dataset["name"]
    plan = json.loads(Path(plans.PRE, name + ".oracle", "nnUNetPlans.json").read_text())
    description = json.loads(Path(plans.RAW, name, "dataset.json").read_text())
    # The trainer tells its kind of files from this folder, so those of `cac` lie elsewhere.
    os.rename(Path(plans.PRE, name), Path(plans.PRE, name + ".cac"))
    configuration = "3d_fullres" if "3d_fullres" in plan["configurations"] else "2d"
    for stage in plan["configurations"].values():
        kwargs = stage["architecture"]["arch_kwargs"]
        kwargs["features_per_stage"] = [max(4, f // 8) for f in kwargs["features_per_stage"]]
    fold = models.train(plan, description, configuration, 0, dataset["id"], True)
    model = work / fold.parent.name
    (model / "fold_0").mkdir(parents=True)
    shutil.copy(fold / "checkpoint_final.pth", model / "fold_0")
    (model / "plans.json").write_text(json.dumps(plan))
    (model / "dataset.json").write_text(json.dumps(description))
    return model, plan["image_reader_writer"]


def compare(program, dataset):
    """The differences of one data set, and a word on what was compared."""
    with three_axes(dataset):
        return compare_predictions(program, dataset)


def compare_predictions(program, dataset):
    found, summary = plans.compare(program, dataset)
    if found:
        return found, summary
    work = Path(ROOT, "formats", dataset["name"])
    images = Path(plans.RAW, dataset["name"], "imagesTr")
    ending = dataset["ending"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        model, name = trained(dataset, work)
        reader = recursive_find_reader_writer_by_name(name)
        network = models.predictor(model, (0,))
        for folder, keeps in (("theirs", True), ("theirs-alone", False)):
            # In this process: each other one would import torch again.
            (work / folder).mkdir()
            network.predict_from_files_sequential(str(images), str(work / folder),
                                                  save_probabilities=keeps)
    predict = ("predict", model, images)
    for words in [(*predict, work / "ours", "--probabilities", "--device", "cpu"),
                  (*predict, work / "ours-alone", "--device", "cpu"),
                  ("ensemble", work / "theirs", work / "ours", work / "ours-both")]:
        if error := plans.cac(program, *words):
            return [f"{words[0]}: {error}"], summary
    with contextlib.redirect_stdout(io.StringIO()), threads():
        ensemble_folders([str(work / f) for f in ("theirs", "ours")], str(work / "theirs-both"),
                         False, 1)
    ties = []
    for end in ("", "-alone", "-both"):
        found += differences(reader, ending, work / ("theirs" + end), work / ("ours" + end), ties)
    seen = np.unique([np.unique(stored(f)).size for f in (work / "ours").iterdir()
                      if f.name.endswith(ending)])
    but = f", {sum(ties)} voxels tied" if ties else ""
    return found, f"{name}, {seen.max()} labels predicted{but}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cac")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    # These networks are too small for more: their threads would wait for each other.
    torch.set_num_threads(1)
    titles = TITLES[:4] if os.environ.get("PARITY_SHORT") else TITLES
    sets = [next(s for s in SETS if s["title"] == t) for t in titles if options.only in t]
    failed = 0
    for dataset in sets:
        start = time.time()
        dataset["planners"] = plans.PLANNERS[:1]
        found, summary = compare(os.path.abspath(options.cac), dataset)
        failed += bool(found)
        print(f"{'differs' if found else 'equal  '} {dataset['title']} ({summary}) "
              f"{time.time() - start:.1f} s", flush=True)
        for line in found[:6]:
            print("        " + line)
    print(f"parity: image formats: of {len(sets)} data sets {len(sets) - failed} are equal")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
