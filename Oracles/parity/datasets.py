# SPDX-License-Identifier: Apache-2.0
"""The data sets of plans.py and image_formats.py: small, and each odd in its own way."""
import json
import os

import numpy as np
import SimpleITK as sitk

ONE = {"background": 0, "calcium": 1}
TWO = {"background": 0, "a": 1, "b": 2}
THREE = {"background": 0, "a": 1, "b": 2, "c": 3}


def same(shape, spacing, n=4):
    """Cases of one shape and spacing."""
    return [(shape, spacing)] * n


def grown(shape, spacing, n=5):
    """Cases that grow a little from one to the next."""
    return [([s + (i * (a + 1)) % 4 for a, s in enumerate(shape)],
             [round(v * (1 + 0.11 * ((i + a) % 3)), 4) for a, v in enumerate(spacing)])
            for i in range(n)]


def make(group, title, cases, **more):
    """A data set of CT with one label, unless more says otherwise."""
    return dict(dict(group=group, title=title, cases=cases, channels=["CT"], labels=ONE,
                     ending=".nii.gz", kind="ct"), **more)


SETS = [
    make("isotropic", "isotropic, equal cases", same([24, 26, 28], [1, 1, 1])),
    make("isotropic", "isotropic, growing cases", grown([20, 24, 22], [0.7, 0.7, 0.7])),
    make("isotropic", "isotropic, all of nnU-Net's samples", grown([16, 18, 20], [1.5, 1.5, 1.5], 3),
         samples=100_000_000),
    make("isotropic", "odd and prime shapes", grown([17, 31, 23], [1.1, 0.9, 1.0])),
    make("isotropic", "spacings from 0.5 to 2 mm",
         [([20, 20, 20], [s, s, s]) for s in (0.5, 0.8, 1.3, 2.0)]),
    make("anisotropic", "thick slices", grown([8, 40, 36], [3, 0.5, 0.5])),
    make("anisotropic", "thick slices among thin ones",
         [([7, 40, 40], [s, 0.5, 0.5]) for s in (1, 3, 3, 3.5, 5)]),
    make("anisotropic", "calcium scoring, 3 mm", grown([10, 44, 48], [3, 0.35, 0.35], 6)),
    make("anisotropic", "coarse rows, transposed", grown([32, 9, 30], [0.6, 3, 0.5])),
    make("anisotropic", "coarse columns, transposed", grown([30, 32, 8], [0.6, 0.5, 4])),
    make("anisotropic", "three different spacings", grown([15, 24, 40], [2, 1.2, 0.6])),
    make("anisotropic", "a ratio of exactly 3", same([12, 36, 36], [1.5, 0.5, 0.5])),
    make("anisotropic", "a ratio above 3 in one case only",
         [([9, 30, 30], [s, 1, 1]) for s in (2, 2.5, 3.4)]),
    make("tiny", "8 voxels a side", same([8, 8, 8], [1, 1, 1])),
    # nnU-Net plans networks of one stage, which have no output, for images without an edge of 8.
    make("tiny", "5 to 7 voxels a side", same([5, 6, 7], [1, 1, 1])),
    make("tiny", "pictures of 7 pixels a side", same([7, 6], [1, 1]), ending=".png", kind="byte"),
    make("tiny", "pictures of 9 by 3 pixels", same([9, 3], [1, 1]), ending=".png", kind="byte"),
    make("tiny", "a line of pixels", same([1, 40], [1, 1]), ending=".png", kind="byte", blob=3),
    make("tiny", "one voxel", same([1, 1, 1], [1, 1, 1]), kind="mr", channels=["MR"], blob=3),
    make("tiny", "a stack of planes of 4 pixels", same([30, 2, 2], [1, 1, 1])),
    make("tiny", "two slices", same([2, 40, 48], [5, 1, 1])),
    make("tiny", "one slice in three dimensions", same([1, 40, 48], [5, 1, 1])),
    make("tiny", "a needle", same([6, 7, 90], [1, 1, 1])),
    make("tiny", "one case", same([18, 20, 22], [1, 1, 1], 1)),
    make("2D", "files of two dimensions", [([40 + 3 * i, 52 - i], [0.5, 0.5 + 0.1 * i])
                                          for i in range(4)]),
    make("2D", "files of two dimensions, anisotropic", same([30, 90], [2, 0.5])),
    make("labels", "eight labels", grown([20, 22, 24], [1, 1, 1]), kind="mr", channels=["MRI"],
         labels={"background": 0, **{"l%d" % i: i for i in range(1, 9)}}),
    make("labels", "a case without foreground", grown([14, 24, 24], [2, 1, 1]), empty=[1]),
    make("labels", "most cases without foreground", grown([14, 24, 24], [2, 1, 1]),
         empty=[0, 1, 3, 4]),
    make("labels", "no foreground at all", same([14, 24, 24], [2, 1, 1]), empty=[0, 1, 2, 3]),
    make("labels", "ignore label", grown([16, 20, 24], [1, 1, 1]), labels={**TWO, "ignore": 3}),
    make("labels", "regions", grown([16, 20, 24], [1, 1, 1]),
         labels={"background": 0, "whole": [1, 2, 3], "core": [2, 3], "tip": [3]},
         order=[1, 2, 3]),
    make("labels", "regions in another order, one of them a number", grown([16, 20, 24], [1, 1, 1]),
         labels={"background": 0, "tip": 3, "whole": [2, 1, 3], "rest": [1]}, order=[3, 1, 2]),
    make("labels", "regions and ignore label", grown([16, 20, 24], [1, 1, 1]),
         labels={"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}, order=[1, 2]),
    make("labels", "labels out of order", grown([16, 20, 24], [1, 1, 1]),
         labels={"b": 2, "background": 0, "c": 3, "a": 1}),
    make("labels", "one voxel of foreground", grown([12, 16, 16], [1, 1, 1]), blob=0),
    make("labels", "much foreground", grown([30, 34, 32], [1, 1, 1]), blob=14, labels=TWO),
    make("channels", "CT and MR", grown([14, 20, 22], [1.5, 1, 1]), channels=["CT", "MR"],
         labels=TWO),
    make("channels", "every normalisation", grown([10, 16, 18], [1.5, 1, 1], 3),
         channels=["ct", "ZScore", "noNorm", "rescale_to_0_1", "rgb_to_0_1", "anything"],
         kind="rgb"),
    make("channels", "twelve channels", same([6, 12, 14], [1.5, 1, 1], 3),
         channels=["c%d" % i for i in range(12)], kind="mr"),
    make("channels", "the older key modality", grown([14, 20, 22], [1, 1, 1]), modality=True),
    make("channels", "a constant image", same([12, 16, 16], [1, 1, 1]), kind="constant",
         channels=["CT", "MR", "rescale_to_0_1"]),
    make("crop", "a border of zeros", grown([24, 30, 28], [1, 1, 1]), border=4),
    make("crop", "mostly zeros, z-score in the mask", grown([24, 30, 28], [1, 1, 1]), border=8,
         channels=["MR"], kind="mr"),
    make("crop", "mostly zeros, every normalisation", grown([20, 24, 26], [1, 1, 1], 3), border=6,
         channels=["ct", "zscore", "nonorm", "rescale_to_0_1", "rgb_to_0_1"], kind="rgb"),
    make("crop", "holes and two islands", grown([20, 24, 26], [2, 1, 1]), border=3, holes=True,
         channels=["CT", "MR"], labels=TWO),
    make("crop", "a case of zeros only", grown([12, 18, 18], [1, 1, 1]), zero=[2], empty=[2],
         channels=["MR"], kind="mr"),
    make("cascade", "cascade kept", grown([72, 76, 70], [1, 1, 1], 3), memory=0.015,
         preprocess=["3d_lowres"]),
    make("cascade", "cascade of thick slices", grown([30, 96, 100], [2.5, 0.5, 0.5], 3), memory=0.008,
         preprocess=["3d_lowres"]),
    make("cascade", "cascade dropped", same([56, 56, 56], [1, 1, 1], 3), memory=0.0125,
         preprocess=[]),
    make("cascade", "little memory", same([20, 140, 150], [3, 0.4, 0.4], 3), memory=0.02,
         preprocess=[]),
    make("cascade", "a cascade of an earlier plan stays", same([48, 50, 52], [1, 1, 1], 3),
         before=[0.004], preprocess=["2d", "3d_lowres"]),
    make("large", "a chest at 0.7 mm", same([220, 300, 290], [0.7, 0.7, 0.7], 2), kind="byte",
         preprocess=[]),
    make("large", "thick slices of 512 by 512", same([64, 512, 512], [3, 0.35, 0.35], 2),
         kind="byte", preprocess=[]),
    make("large", "one plane of 1600 by 1400", same([1600, 1400], [0.1, 0.1], 2), kind="byte",
         preprocess=[]),
    make("large", "much memory", grown([60, 70, 80], [1, 1, 1], 2), memory=3, preprocess=[]),
    make("files", ".nii", grown([16, 20, 24], [1.2, 1, 0.8]), ending=".nii"),
    make("files", ".nrrd", grown([16, 20, 24], [1.2, 1, 0.8]), ending=".nrrd", oblique=True),
    make("files", ".mha", grown([16, 20, 24], [1.2, 1, 0.8]), ending=".mha", oblique=True),
    make("files", ".gipl", grown([16, 20, 24], [1.2, 1, 0.8]), ending=".gipl"),
    make("files", ".nrrd of two dimensions", [([40 + 3 * i, 52 - i], [0.5, 0.5 + 0.1 * i])
                                             for i in range(4)], ending=".nrrd"),
    make("files", ".mha of two dimensions, float64", same([40, 36], [0.7, 0.5]), ending=".mha",
         dtype=np.float64),
    make("files", ".nrrd in capitals of int32", grown([12, 16, 18], [1, 1, 1]), ending=".NRRD",
         dtype=np.int32, reader="SimpleITKIO", preprocess=["2d"]),
    make("files", ".png in grey", same([40, 44], [1, 1], 4), ending=".png", kind="byte"),
    make("files", ".png in 16 bits", same([40, 44], [1, 1], 4), ending=".png", kind="short"),
    make("files", ".png in colour", same([40, 44], [1, 1], 4), ending=".png", kind="rgb",
         channels=["R", "G", "B"], colours=3),
    make("files", ".png in colour of 16 bits", same([40, 44], [1, 1], 4), ending=".png",
         kind="short", channels=["R", "G", "B"], colours=3),
    make("files", ".png in colour and alpha", same([30, 34], [1, 1], 3), ending=".png", kind="rgb",
         channels=["rgb_to_0_1"] * 4, colours=4),
    make("files", "two .png in colour a case", same([30, 34], [1, 1], 3), ending=".png", kind="rgb",
         channels=["a", "b", "c", "d", "e", "f"], colours=3),
    make("files", ".png with one bit a pixel as labels", same([40, 44], [1, 1], 4), ending=".png",
         kind="byte", bits=True),
    make("files", ".bmp in grey", same([40, 44], [1, 1], 4), ending=".bmp", kind="byte"),
    make("files", ".bmp in colour", same([40, 44], [1, 1], 4), ending=".bmp", kind="rgb",
         channels=["R", "G", "B"], colours=3),
    make("files", ".tif in 16 bits", same([40, 44], [1, 1], 4), ending=".tif", kind="short"),
    make("files", ".tif in colour", same([40, 44], [1, 1], 4), ending=".tif", kind="rgb",
         channels=["R", "G", "B"], colours=3),
    make("files", ".tif of float32", same([40, 44], [1, 1], 4), ending=".tif", kind="mr"),
    make("files", ".tif of float64", same([40, 44], [1, 1], 4), ending=".tif", dtype=np.float64),
    make("files", ".tif of float16", same([40, 44], [1, 1], 4), ending=".tif", dtype=np.float16),
    make("files", ".tif of uint32", same([40, 44], [1, 1], 4), ending=".tif", kind="short",
         dtype=np.uint32),
    make("files", ".tif of int32", same([40, 44], [1, 1], 4), ending=".tif", dtype=np.int32),
    make("files", ".tiff of int64", grown([12, 20, 24], [2, 1, 0.8]), ending=".tiff",
         dtype=np.int64),
    make("files", ".tiff of int8", grown([12, 20, 24], [2, 1, 0.8]), ending=".tiff",
         dtype=np.int8),
    make("files", ".tif of int16", same([40, 44], [1, 1], 4), ending=".tif"),
    make("files", ".tif of stacks with their spacing", grown([12, 20, 24], [2, 1, 0.8]),
         ending=".tif", side=True),
    make("files", ".tiff stacks of 16 bits", grown([12, 20, 24], [2, 1, 0.8]), ending=".tiff",
         kind="short", side=True, channels=["A", "B"]),
    make("files", ".tiff stacks without spacing", grown([12, 20, 24], [1, 1, 1]), ending=".tiff",
         kind="mr"),
    make("files", ".tiff stacks, deflated", grown([12, 20, 24], [1, 1, 1]), ending=".tiff",
         side=True, deflated=True),
    make("files", "channels along a fourth axis", grown([12, 20, 24], [2, 1, 0.8]), four=3,
         channels=["CT", "MR", "other"]),
    make("files", "channels along a fourth axis of .nrrd", grown([12, 20, 24], [2, 1, 0.8]),
         four=2, channels=["CT", "MR"], ending=".nrrd"),
    make("files", "two files of two channels", grown([12, 20, 24], [2, 1, 0.8]), four=2,
         channels=["CT", "MR", "PET", "other"], ending=".mha"),
    make("files", "a fourth axis too long", grown([12, 20, 24], [2, 1, 0.8]), four=2,
         channels=["CT", "MR", "PET"],
         refused="nnunetv2 plans, and fails when it normalises the channel that is not declared"),
    make("files", "oblique and mirrored axes", grown([16, 20, 24], [1.2, 1, 0.8]), oblique=True),
    make("files", "float64 voxels", grown([16, 20, 24], [1.2, 1, 0.8]), dtype=np.float64),
    make("files", "slope and intercept", grown([16, 20, 24], [1.2, 1, 0.8]), slope=True),
    make("files", "files listed in dataset.json, not in order", grown([16, 20, 24], [1.2, 1, 0.8]),
         listed=True),
    make("files", "pictures in colour listed in dataset.json", same([30, 34], [1, 1], 3),
         ending=".png", kind="rgb", channels=["R", "G", "B"], colours=3, listed=True),
    make("plans", "an older format, and configurations that inherit",
         grown([16, 20, 24], [1.2, 1, 0.8]), old=True,
         preprocess=["2d", "2d_finer", "3d_fullres", "3d_flat"]),
    make("files", "splits_final.json in the raw data", grown([12, 16, 18], [1, 1, 1]), splits=True,
         preprocess=[]),
    make("files", "a reader by name", grown([12, 16, 18], [1, 1, 1]), reader="NibabelIO"),
    make("files", "case names out of order", grown([12, 16, 18], [1, 1, 1]),
         names=["b10", "B2", "a_0000", "b9", "ä"]),
    make("files", "stray files beside the cases", grown([12, 16, 18], [1, 1, 1]), stray=True),
]


def drawn(seed):
    """A data set with everything drawn at random."""
    rng = np.random.default_rng(1000 + seed)

    def pick(*options):
        return options[int(rng.integers(len(options)))]

    base = [pick(0.3, 0.5, 0.8, 1, 1.5, 3, 6) for _ in range(3)]
    size = [pick(9, 14, 21, 33, 46) for _ in range(3)]
    cases = [([int(n + rng.integers(-3, 4)) for n in size],
              [round(float(b * rng.uniform(0.6, 1.6)), 3) for b in base]) for _ in range(pick(3, 4, 6))]
    labels, order = pick((ONE, None), (THREE, None), ({**TWO, "ignore": 3}, None),
                         ({"background": 0, "all": [1, 2], "core": 2}, [1, 2]))
    names = ["CT", "MR", "nonorm", "rescale_to_0_1"]
    more = dict(order=order) if order else {}
    if pick(True, False):
        more.update(border=pick(1, 2), holes=min(size) > 12)
    return make("random", "random set %d" % seed, cases, labels=labels, kind=pick("ct", "mr"),
                channels=[pick(*names) for _ in range(pick(1, 2, 3))], oblique=pick(True, False),
                ending=pick(".nii", ".nii.gz"), empty=pick([], [0], [1, 2]), **more)


SETS += [drawn(i) for i in range(int(os.environ.get("PARITY_RANDOM", 12)))]
for index, entry in enumerate(SETS):
    entry["id"] = index + 1


def voxels(rng, shape, kind, channel):
    """An image with some texture."""
    if kind == "byte":  # Compresses well, because it is large.
        grid = np.indices(shape).sum(0) // 5 % 50 + 20 + channel
        return grid.astype(np.uint8)
    if kind == "constant":
        return np.full(shape, 40 + channel, np.int16)
    smooth = sum(np.sin(a / (3 + i + channel)) for i, a in enumerate(np.indices(shape)))
    if kind == "rgb":
        return rng.integers(0, 256, shape).astype(np.uint8)
    if kind == "mr":
        return (300 * (smooth + 3) + rng.normal(0, 40, shape) + 1).clip(1).astype(np.float32)
    if kind == "short":
        return rng.integers(0, 5000, shape).astype(np.uint16)
    return (200 * smooth + rng.normal(0, 30, shape)).round().astype(np.int16)


def label_map(shape, values, radius, index):
    """A ball of each label, along the diagonal."""
    out = np.zeros(shape, np.uint8)
    grid = np.indices(shape)
    for i, value in enumerate(values):
        centre = [(n * (2 + i + index % 2)) // (len(values) + 4) for n in shape]
        out[sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) <= radius ** 2] = value
    return out


def save_stack(array, spacing, path, dataset):
    """A .tif of several planes, and beside it the .json with its spacing, if there is one."""
    import tifffile
    tifffile.imwrite(path, array, compression="zlib" if dataset.get("deflated") else None)
    if dataset.get("side"):
        stem = path.rsplit(".", 1)[0]
        if "/imagesTr/" in path:
            stem = stem[:-5]
        with open(stem + ".json", "w") as file:
            json.dump({"spacing": spacing}, file)


def save_picture(array, path, dataset):
    from skimage import io
    if dataset.get("bits") and "/labelsTr/" in path:
        from PIL import Image
        Image.fromarray(array > 0).save(path)
        return
    io.imsave(path, array, check_contrast=False)


def save_scaled(array, spacing, path):
    """A NIfTI file whose numbers are to be multiplied and shifted."""
    import nibabel
    affine = np.diag([-spacing[2], -spacing[1], spacing[0], 1])
    image = nibabel.Nifti1Image(array.transpose(2, 1, 0) * 0.5 - 100, affine)
    image.header.set_data_dtype(np.int16)
    image.header.set_slope_inter(0.5, -100)
    nibabel.save(image, path)


def save(array, spacing, path, dataset):
    """Writes an image as the ending of its name and the oddities of the data set want it."""
    if path.endswith((".tif", ".tiff")) and array.ndim == 3 and not dataset.get("colours"):
        return save_stack(array, spacing, path, dataset)
    if path.endswith(".png") and array.dtype == np.uint16 and array.ndim == 3:
        return sitk.WriteImage(sitk.GetImageFromArray(array, isVector=True), path)
    if path.endswith((".png", ".tif", ".bmp")):
        return save_picture(array, path, dataset)
    if dataset.get("slope") and array.dtype == np.int16:
        return save_scaled(array, spacing, path)
    image = sitk.GetImageFromArray(array, isVector=False)
    image.SetSpacing([float(s) for s in spacing[::-1]] + [1.0] * (array.ndim - len(spacing)))
    if dataset.get("oblique"):
        c, s = np.cos(0.3), np.sin(0.3)
        image.SetDirection([c, s, 0, -s, c, 0, 0, 0, -1])
        image.SetOrigin([-120.5, 33.25, 700])
    return sitk.WriteImage(image, path, True)


def inside(shape, dataset, index):
    """Which voxels are not cut away as a border of zeros, and holes in them."""
    inner = np.ones(shape, bool)
    if border := dataset.get("border"):
        inner[:] = False
        inner[tuple(slice(border - index % 2, -border) for _ in shape)] = True
    if dataset.get("holes"):
        centre = tuple(slice(n // 2 - 1, n // 2 + 2) for n in shape)
        inner[centre] = False
        inner[1, 2, 3] = True
        inner[:, shape[1] // 2, :6] = False
    return inner


def image_of_file(rng, dataset, shape, index, channel, together):
    """The array of one file, which may hold several channels."""
    arrays = [voxels(rng, shape, dataset["kind"], channel * together + k) for k in range(together)]
    array = arrays[0]
    if "dtype" in dataset:
        array = array.astype(dataset["dtype"])
    array[~inside(shape, dataset, index)] = 0
    if index in dataset.get("zero", []):
        array[:] = 0
    if dataset.get("colours"):
        array = np.stack(arrays, -1)
    if dataset.get("four"):
        array = np.stack(arrays)
    return array


def write_cases(dataset, folder, names):
    """Writes images and labels; the table of their paths relative to the folder."""
    rng = np.random.default_rng(dataset["id"])
    values = sorted({v for l in dataset["labels"].values() for v in np.atleast_1d(l)} - {0})
    together = dataset.get("four") or dataset.get("colours") or 1
    ending, table = dataset["ending"], {}
    for i, ((shape, spacing), case) in enumerate(zip(dataset["cases"], names, strict=True)):
        files = []
        for c in range(-(-len(dataset["channels"]) // together)):
            array = image_of_file(rng, dataset, shape, i, c, together)
            files.append(f"imagesTr/{case}_{c:04d}{ending}")
            save(array, spacing, os.path.join(folder, files[-1]), dataset)
        radius = dataset.get("blob", max(1, min(shape) / 4))
        found = label_map(shape, [] if i in dataset.get("empty", []) else values, radius, i)
        table[case] = dict(images=files, label=f"labelsTr/{case}{ending}")
        save(found, spacing, os.path.join(folder, table[case]["label"]), dataset)
    return table


def description(dataset, folder, names, table):
    """dataset.json, with a list of the files where the data set wants one."""
    channels = {str(i): c for i, c in enumerate(dataset["channels"])}
    found = {"modality" if dataset.get("modality") else "channel_names": channels,
             "labels": dataset["labels"], "numTraining": len(names),
             "file_ending": dataset["ending"], "licence": "none", "tensorImageSize": "3D"}
    if "order" in dataset:
        found["regions_class_order"] = dataset["order"]
    if "reader" in dataset:
        found["overwrite_image_reader_writer"] = dataset["reader"]
    if dataset.get("listed"):
        os.environ["PARITY_PLACE"] = folder
        first = table[names[0]]
        first["images"] = [os.path.join("$PARITY_PLACE", f) for f in first["images"]]
        table[names[1]]["label"] = os.path.join(folder, table[names[1]]["label"])
        found["dataset"] = {n: table[n] for n in reversed(names)}
    return found


def write_set(dataset, raw):
    """Writes a data set and returns its name."""
    name = f"Dataset{dataset['id']:03d}_Parity"
    folder = os.path.join(raw, name)
    for part in ("imagesTr", "labelsTr"):
        os.makedirs(os.path.join(folder, part))
    names = dataset.get("names") or [f"case_{i}" for i in range(len(dataset["cases"]))]
    table = write_cases(dataset, folder, names)
    text = description(dataset, folder, names, table)
    if dataset.get("stray"):
        for stray in ("imagesTr/notes.txt", "imagesTr/case_0_0000.json", "labelsTr/left.nii.gz"):
            with open(os.path.join(folder, stray), "w") as file:
                file.write("stray")
    if dataset.get("splits"):
        folds = [dict(train=names[1:], val=names[:1]), dict(train=names[:-1], val=names[-1:])]
        with open(os.path.join(folder, "splits_final.json"), "w") as file:
            json.dump(folds, file)
    with open(os.path.join(folder, "dataset.json"), "w") as file:
        json.dump(text, file, indent=4)
    return name
