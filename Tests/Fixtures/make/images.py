# SPDX-License-Identifier: Apache-2.0
"""Small image files of every kind that nnunetv2 2.8.1 reads, and what its readers make of them.

python images.py FOLDER writes the files and expected.json: for each file its reader, the array
(channel, z, y, x), the spacing (z, y, x), and for SimpleITK's the origin and the direction.
"""
import json
import os
import sys

import numpy as np
import SimpleITK as sitk
import tifffile
from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO
from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
from nnunetv2.imageio.tif_reader_writer import Tiff3DIO
from PIL import Image
from skimage import io

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
rng = np.random.default_rng(5)
place = lambda name: os.path.join(folder, name)


def itk(name, array, spacing, oblique=False, compressed=True):
    image = sitk.GetImageFromArray(array, isVector=False)
    image.SetSpacing(spacing)
    if oblique:
        c, s = float(np.cos(0.3)), float(np.sin(0.3))
        n = image.GetDimension()
        image.SetDirection([c, s, -s, c] if n == 2 else [c, s, 0, -s, c, 0, 0, 0, -1])
        image.SetOrigin([-120.5, 33.25, 700][:n])
    sitk.WriteImage(image, place(name), compressed)


ct = rng.integers(-1000, 2000, (3, 4, 5)).astype(np.int16)
itk("ct_0000.nrrd", ct, (0.5, 0.75, 3), True)
itk("raw_0000.nrrd", ct.astype(np.float64) / 7, (0.5, 0.75, 3), True, False)
itk("ct_0000.mha", ct.astype(np.int32) * 1000, (0.5, 0.75, 3), True)
itk("raw_0000.mha", ct.astype(np.uint16), (0.5, 0.75, 3), False, False)
itk("ct_0000.gipl", ct, (0.5, 0.75, 3))
itk("plane_0000.nrrd", ct[0], (0.5, 0.75), True)
itk("plane_0000.mha", ct[1].astype(np.float32), (0.5, 0.75))
itk("four_0000.nii.gz", np.stack([ct, ct + 1]).astype(np.float32), (0.5, 0.75, 3, 1))
itk("four_0000.nrrd", np.stack([ct, ct - 1]), (0.5, 0.75, 3, 1))
grey = rng.integers(0, 256, (6, 7)).astype(np.uint8)
colour = rng.integers(0, 256, (6, 7, 4)).astype(np.uint8)
io.imsave(place("grey_0000.png"), grey, check_contrast=False)
io.imsave(place("wide_0000.png"), grey.astype(np.uint16) * 250, check_contrast=False)
io.imsave(place("colour_0000.png"), colour[..., :3], check_contrast=False)
io.imsave(place("alpha_0000.png"), colour, check_contrast=False)
Image.fromarray(grey > 100).save(place("bits_0000.png"))
Image.fromarray(colour[..., :3]).convert("P", palette=Image.Palette.ADAPTIVE).save(
    place("palette_0000.png"))
io.imsave(place("grey_0000.bmp"), grey, check_contrast=False)
io.imsave(place("colour_0000.bmp"), colour[..., :3], check_contrast=False)
tifffile.imwrite(place("half_0000.tif"), (ct[0] / 7).astype(np.float16))
tifffile.imwrite(place("colour_0000.tif"), colour[..., :3], photometric="rgb", compression="zlib")
tifffile.imwrite(place("tiles_0000.tif"), rng.integers(0, 60000, (40, 36)).astype(np.uint32),
                 tile=(16, 16))
tifffile.imwrite(place("double_0000.tiff"), ct / 7)
tifffile.imwrite(place("stack_0000.tiff"), ct.astype(np.int64), compression="zlib")
tifffile.imwrite(place("swapped_0000.tiff"), ct, byteorder=">")
for stem in ("double", "swapped"):
    with open(place(stem + ".json"), "w") as file:
        json.dump({"spacing": [3, 0.75, 0.5]}, file)

expected = {}
for name in sorted(os.listdir(folder)):
    if not name.endswith(".json"):
        reader = {".png": NaturalImage2DIO, ".bmp": NaturalImage2DIO, ".tif": NaturalImage2DIO,
                  ".tiff": Tiff3DIO}.get(os.path.splitext(name)[1], SimpleITKIO)
        array, properties = reader().read_images([place(name)])
        expected[name] = dict(reader=reader.__name__, shape=list(array.shape),
                              values=array.ravel().tolist(),
                              spacing=[float(s) for s in properties["spacing"]])
        if "sitk_stuff" in properties:
            for key in ("origin", "direction"):
                expected[name][key] = properties["sitk_stuff"][key]
with open(place("expected.json"), "w") as file:
    json.dump(expected, file)
