"""The process of the other libraries: questions come as lines of JSON, and each is answered with one.

    {"ask": "versions"}
        -> {"albumentations": "2.0.8"}
    {"ask": "open", "engine": ..., "images": FILE, "spec": {...}, "batch": 32}
        -> {"shape": [32, 28, 28, 1], "kind": "float32"}
    {"ask": "turn", "engine": ..., "seconds": 0.2}
        -> {"images": 640, "processor": ..., "wall": ...}

Images are in a file of NumPy's. It ends when its input does. Runs without Augury's environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # else this folder's files would hide packages of their names

import numpy as np

from benchmarks.augmenting.peers.libraries import LIBRARIES, OF_8_BITS_ONLY, batches
from benchmarks.augmenting.turns import take_turn

PACKAGES = ("albumentations", "torchvision")
_open: dict[str, Iterator[np.ndarray]] = {}


def versions(question: dict[str, Any]) -> dict[str, Any]:
    """Of the libraries that are installed here."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def open_engine(question: dict[str, Any]) -> dict[str, Any]:
    """Make an engine, and its first batch; one that does not take such images answers with nothing."""
    name, images, spec = question["engine"], np.load(question["images"]), question["spec"]
    if images.dtype != np.uint8:
        if name in OF_8_BITS_ONLY:
            return {}
        images, spec = images / np.float32(255), {**spec, "rescale": 1}
    transform = LIBRARIES[name](spec, images.shape[-1])
    _open[name] = batches(transform, images, question["batch"])
    batch = next(_open[name])
    return {"shape": batch.shape, "kind": batch.dtype.name}


def turn(question: dict[str, Any]) -> dict[str, Any]:
    """A turn of an engine that was opened."""
    return take_turn(_open[question["engine"]], question["seconds"])._asdict()


ANSWERS = {"versions": versions, "open": open_engine, "turn": turn}


def main() -> None:
    """Answer until there are no more questions."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps(ANSWERS[question["ask"]](question)), file=answers)


if __name__ == "__main__":
    main()
