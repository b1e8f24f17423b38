# SPDX-License-Identifier: Apache-2.0
"""Contours of random blobs, and their fill by the rule of the Erasmus study ("seed"), by scikit-image and OpenCV.

python coca_contours.py > ../coca_contours.json

Each case: a mask (rows of 0 and 1), its outer contour at level 1 of 255 (skimage.measure.find_contours,
corners connected) in 255ths of a pixel, and the pixels of cv2.fillPoly on the vertices int(x + 0.99).
"""
import json

import cv2
import numpy as np
import skimage
from scipy import ndimage
from skimage import measure

random = np.random.default_rng(20240611)
cases = []
shapes = [np.ones((1, 1)), np.eye(4), np.ones((3, 5)), np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])]
while len(shapes) < 16:
    noise = ndimage.gaussian_filter(random.normal(size=(11, 13)), 1.1)
    blob, count = ndimage.label(noise > 0.12, structure=np.ones((3, 3)))
    if count:
        sizes = ndimage.sum_labels(blob > 0, blob, range(1, count + 1))
        shapes.append(blob == 1 + int(np.argmax(sizes)))
for shape in shapes:
    mask = np.pad(np.asarray(shape) > 0, 2).astype(np.uint8)
    contours = measure.find_contours(mask * 255.0, 1, fully_connected="high")
    outer = max(contours, key=lambda c: np.ptp(c[:, 0]) + np.ptp(c[:, 1]))[:-1]
    points = outer[:, ::-1]
    vertices = np.array([[int(x + 0.99), int(y + 0.99)] for x, y in points], dtype=np.int32)
    seed = cv2.fillPoly(np.zeros_like(mask), [vertices], 1)
    cases.append({
        "mask": ["".join(map(str, row)) for row in mask],
        "contour255": np.rint(points * 255).astype(int).tolist(),
        "seed": ["".join(map(str, row)) for row in seed],
    })
print(json.dumps({
    "made_by": f"scikit-image {skimage.__version__}, OpenCV {cv2.__version__}",
    "cases": cases,
}))
