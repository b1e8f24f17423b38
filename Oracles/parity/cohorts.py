# SPDX-License-Identifier: Apache-2.0
"""Cohorts of two models, drawn at random for evaluation.py, written by nibabel 5.4.2.

A folder each: tables a.csv and b.csv, people.csv with columns to group by, perhaps masks and
probabilities, and the further arguments of `cac evaluate`, one a line.
"""
import math

import nibabel
import numpy
import scipy.ndimage

ARTERIES = ["LM", "LAD", "LCX", "RCA"]


def blobs(rng, shape, count):
    mask = numpy.zeros(shape, bool)
    for _ in range(count):
        middle = [rng.integers(1, n - 1) for n in shape]
        size = rng.integers(0, 3, 3)
        box = zip(middle, size, strict=True)
        mask[tuple(slice(max(m - s, 0), m + s + 1) for m, s in box)] = True
    return mask


def write_masks(rng, folder, names):
    shape, spacing = (17, 14, 9), (1.25, 0.75, 2.5)
    affine = numpy.diag([-spacing[0], -spacing[1], spacing[2], 1])
    for kind in ("reference", "a", "b"):
        (folder / kind).mkdir()
    for name in names:
        reference = blobs(rng, shape, rng.integers(0, 5))
        # Labels of arteries: a lesion hangs together whatever they are.
        labels = {"reference": reference * rng.integers(1, 5, shape)}
        for model in "ab":
            seen = scipy.ndimage.binary_erosion(reference) if rng.random() < 0.3 else reference
            labels[model] = (seen & (rng.random(shape) < 0.8)) | blobs(rng, shape, rng.integers(0, 3))
            if model == "a":  # The other one has calcium alone.
                labels[model] = labels[model] * rng.integers(1, 5, shape)
            p = rng.random(shape).astype(numpy.float32).transpose(2, 1, 0)
            numpy.savez_compressed(folder / model / f"{name}.npz", probabilities=numpy.stack([p, 1 - p]))
        for kind, values in labels.items():
            nibabel.save(nibabel.Nifti1Image(values.astype(numpy.uint8), affine),
                         folder / kind / f"{name}.nii.gz")


def write_table(path, names, columns):
    lines = [",".join(["patient_name", *columns])]
    for i, name in enumerate(names):
        lines.append(",".join([name] + ["" if math.isnan(v[i]) else repr(float(v[i]))
                                        for v in columns.values()]))
    path.write_text("\n".join(lines) + "\n")


def cohort(rng, folder, n, zeros=0.35, masks=False, computed=None):
    folder.mkdir(parents=True)
    names = [f"s{i:03}" for i in range(n)]
    given = {a: numpy.round(numpy.exp(rng.normal(2.5, 1.6, n)) * (rng.random(n) < 0.5), 1)
             for a in ARTERIES}
    sick = rng.random(n) >= zeros
    given = {a: v * sick for a, v in given.items()}
    for model in "ab":
        noise = 0.2 if model == "a" else 0.35
        found = {a: numpy.round(
            numpy.clip(v * rng.normal(1, noise, n) + rng.normal(0, 4, n), 0, None), 1)
                 for a, v in given.items()}
        if computed:
            found = {a: computed(v) for a, v in given.items()}
        columns = {"given_agatston": sum(given.values()), "computed_agatston": sum(found.values())}
        columns["given_vol"] = numpy.round(columns["given_agatston"] * 0.9 + 1, 2)
        columns["computed_vol"] = numpy.round(columns["computed_agatston"] * 0.85 + 2, 2)
        for side in ("given", "computed"):
            columns[f"{side}_mass"] = columns[f"{side}_vol"] / 5
        for a in ARTERIES:
            columns[f"given_{a}"], columns[f"computed_{a}"] = given[a], found[a].copy()
        columns["dice"] = rng.random(n)
        if n > 20:  # missing values
            columns["computed_LAD"][::7] = columns["computed_vol"][::5] = numpy.nan
            columns["dice"][columns["given_agatston"] == 0] = numpy.nan
        write_table(folder / f"{model}.csv", names, columns)
    people = [f"{name},{'AB'[i % 2]},{rng.integers(0, 3) * 20 + 80}" for i, name in enumerate(names)]
    (folder / "people.csv").write_text("\n".join(["patient_name,scanner,kilovolts", *people]) + "\n")
    arguments = ["--by", "scanner", "--by", "kilovolts", "--by-table", str(folder / "people.csv")]
    if masks:
        write_masks(rng, folder, names)
        arguments += ["--masks", *(str(folder / kind) for kind in ("reference", "a", "b"))]
        if masks == "probabilities":
            arguments += ["--probabilities", str(folder / "a"), str(folder / "b")]
    (folder / "arguments").write_text("\n".join(arguments) + "\n")


def draw(folder, seed):
    rng = numpy.random.default_rng(seed)
    cohort(rng, folder / "forty", 40, masks="volume")
    cohort(rng, folder / "nine", 9, masks="probabilities")
    cohort(rng, folder / "without-zeros", 30, zeros=0)
    cohort(rng, folder / "healthy", 12, zeros=1)
    cohort(rng, folder / "perfect", 25, computed=lambda v: v)
    cohort(rng, folder / "nothing-found", 25, computed=lambda v: 0 * v)
    for n in (1, 2, 3, 4):
        cohort(rng, folder / f"n-{n}", n)
