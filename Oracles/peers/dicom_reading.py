# SPDX-License-Identifier: Apache-2.0
"""Times the reading of a DICOM series to HU by us, pydicom 3.0.2 and SimpleITK 2.5.7, in turns.

    python -m Oracles.peers.dicom_reading CAC-BENCH SERIES WORK RUNS        (scripts/peers [RUNS])

Each reader starts from a folder and ends with an array of HU in the order of the slices; all run on
one processor core, in processes that are warm, and must agree on every voxel's sum. A ratio is the
other reader's time over ours.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import SimpleITK as sitk


def by_pydicom(folder):
    slices = [pydicom.dcmread(f) for f in folder.iterdir()]
    slices.sort(key=lambda d: d.ImagePositionPatient[2])
    return np.stack([np.rint(d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept))
                     .astype(np.int16) for d in slices])


def by_simpleitk(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    by_simpleitk.image = reader.Execute()  # The view is of its memory.
    return sitk.GetArrayViewFromImage(by_simpleitk.image)


class Ours:
    """The process of the benchmark executable, which times itself."""

    def __init__(self, bench):
        self.process = subprocess.Popen([bench, "--peers"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def read(self, folder):
        print(folder, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().split()
        if not answer:
            sys.exit("peers: our reader failed, see above")
        return float(answer[0]), int(answer[1])


def timed(read, folder):
    begin = time.perf_counter()
    array = read(folder)
    return time.perf_counter() - begin, int(array.sum(dtype=np.int64))


def compressed(folder, out, syntax):
    """The same slices with their pixels compressed, by GDCM."""
    out.mkdir()
    for file in folder.iterdir():
        reader, writer = gdcm.ImageReader(), gdcm.ImageWriter()
        reader.SetFileName(str(file))
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
        if not reader.Read():
            sys.exit(f"peers: GDCM cannot read {file}")
        change.SetInput(reader.GetImage())
        writer.SetFileName(str(out / file.name))
        writer.SetFile(reader.GetFile())
        if not change.Change():
            sys.exit(f"peers: GDCM cannot compress {file}")
        writer.SetImage(change.GetOutput())
        if not writer.Write():
            sys.exit(f"peers: GDCM cannot write {out / file.name}")


def compare(name, folder, ours, runs):
    readers = {"ours": ours.read, "pydicom": lambda f: timed(by_pydicom, f),
               "SimpleITK": lambda f: timed(by_simpleitk, f)}
    times = {reader: [] for reader in readers}
    for run in range(runs + 1):
        sums = {}
        for reader, read in readers.items():
            seconds, sums[reader] = read(folder)
            if run > 0:  # The first one warms up.
                times[reader].append(seconds)
        if len(set(sums.values())) > 1:
            sys.exit(f"peers: the readers disagree on {name}: {sums}")
    median = {reader: statistics.median(t) for reader, t in times.items()}
    least = {reader: min(t) for reader, t in times.items()}
    for reader in readers:
        print(f"{name:24}{reader:12}{median[reader] * 1e3:10.1f}{least[reader] * 1e3:10.1f}"
              f"{median[reader] / median['ours']:10.2f}{least[reader] / least['ours']:10.2f}")
    return {reader: least[reader] / least["ours"] for reader in readers if reader != "ours"}


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    bench, series, work, runs = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    compressed(series, work / "lossless", gdcm.TransferSyntax.JPEGLosslessProcess14_1)
    ours = Ours(bench)
    print(f"{len(list(series.iterdir()))} slices to HU on one core, {runs} runs in turns; "
          f"pydicom {pydicom.__version__}, SimpleITK {sitk.__version__}, "
          f"load {os.getloadavg()[0]:.1f}")
    print(f"{'series':24}{'reader':12}{'median ms':>10}{'min ms':>10}{'× median':>10}{'× min':>10}")
    ratios = {"explicit little endian": compare("explicit little endian", series, ours, runs),
              "JPEG lossless": compare("JPEG lossless", work / "lossless", ours, runs)}
    slow = [f"{name} than {reader}: {ratio:.2f}" for name, row in ratios.items()
            for reader, ratio in row.items() if ratio < 2]
    if slow:
        print("less than twice as fast, by the minima: " + "; ".join(slow))


if __name__ == "__main__":
    main()
