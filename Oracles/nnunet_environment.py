# SPDX-License-Identifier: Apache-2.0
"""nnU-Net's folders for one run, and threads in the place of its processes.

nnunetv2 reads the variables nnUNet_raw, nnUNet_preprocessed and nnUNet_results when it is imported,
so a module imports this one before it imports nnunetv2. The folders are temporary and disappear with
the process that made them; worker processes inherit them.
"""
import atexit
import contextlib
import multiprocessing
import multiprocessing.pool
import os
import shutil
import tempfile
from pathlib import Path

_VARIABLE = "NNUNET_ORACLE_ROOT"
_kept = False


def keep():
    """Leaves the folders behind at the end of this run."""
    global _kept
    _kept = True


def _remove_root(owner):
    if os.getpid() == owner and not _kept:
        shutil.rmtree(ROOT, ignore_errors=True)


def _make_root():
    """The folder of this run; made, and removed at the end, by the first process only."""
    if _VARIABLE not in os.environ:
        os.environ[_VARIABLE] = tempfile.mkdtemp()
        atexit.register(_remove_root, os.getpid())
    return Path(os.environ[_VARIABLE])


def _make_folder(part):
    folder = ROOT / part
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["nnUNet_" + part] = str(folder)
    return folder


ROOT = _make_root()
RAW, PREPROCESSED, RESULTS = (_make_folder(p) for p in ("raw", "preprocessed", "results"))


class Threads:
    """A context of multiprocessing whose pools are threads: a process would import torch again."""

    @staticmethod
    def Pool(processes=1, **_):
        return multiprocessing.pool.ThreadPool(processes)


def use_threads():
    """Lets nnunetv2 use threads wherever it asks for processes, from now on."""
    multiprocessing.get_context = lambda *_: Threads


@contextlib.contextmanager
def threads():
    """Lets nnunetv2 use threads where it asks for processes, within a block."""
    real, multiprocessing.get_context = multiprocessing.get_context, lambda *_: Threads
    try:
        yield
    finally:
        multiprocessing.get_context = real
