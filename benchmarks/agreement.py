"""How far Augury's batches are from Keras's, over random specs and images: the largest difference, and its case.

    python benchmarks/agreement.py [--json] [--cases 2000] [--seed 0]

Differences are on a scale of 255 for the images' range, before rescale and before an image is divided by its own
deviation. Where brightness follows an interpolation, both cut pixels down to whole levels, and a last bit may tip one
into the next: such pixels are counted and told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

sys.path[0] = str(Path(__file__).resolve().parents[1])  # else this folder's files would hide packages of their names

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np

SHAPES = [(1, 7), (6, 1), (8, 8), (13, 21), (28, 28), (30, 17), (5, 64), (96, 96), (130, 50)]
CHANNELS = [1, 3, 4]
KINDS = ["uint8", "uint16", "float32"]
BATCH, TOLERANCE = 4, 0.01
TOLD_BY = ("kind", "channels", "fill_mode", "interpolation_order")


class Found(NamedTuple):
    """What one case came to."""

    number: int
    kind: str
    shape: tuple[int, ...]
    parameters: dict[str, Any]
    largest: float
    """Difference, of 255; where levels are cut, of the values that are in the same level."""
    tipped: int
    """Values in another level."""
    cut: int
    """Values that were cut down to levels."""

    def value_of(self, name: str) -> str:
        """What it has of what is told apart."""
        drawn = {"kind": self.kind, "channels": self.shape[-1], "fill_mode": "nearest", "interpolation_order": 1}
        return str((drawn | self.parameters)[name])

    def __str__(self) -> str:
        """All that it takes to make it again."""
        return f"case {self.number}, {self.kind} {self.shape}: {self.parameters}"


def random_spec(random: np.random.Generator) -> dict[str, Any]:
    """Every parameter is in about half of the specs."""
    shifts = [0.1, 0.5, 0.99, 1.0, 2.5, 1, 3]
    choices: dict[str, list[Any]] = {
        "rotation_range": [float(random.uniform(0, 180)), 20, 90, 180],
        "width_shift_range": shifts,
        "height_shift_range": shifts,
        "shear_range": [float(random.uniform(0, 60)), 0.5],
        "zoom_range": [float(random.uniform(0, 0.95)), [0.5, 0.5], [0.8, 2.0], [1.5, 3.0]],
        "channel_shift_range": [0.1, 20.0, 100.0],
        "brightness_range": [[0.5, 1.5], [0.0, 2.0], [1.2, 1.2]],
        "fill_mode": ["constant", "nearest", "reflect", "wrap"],
        "cval": [0.0, 7.0, -3.0, 300.0],
        "horizontal_flip": [True],
        "vertical_flip": [True],
        "rescale": [1 / 255, 2.0],
        "interpolation_order": [0, 1, 1, 1],
        "samplewise_center": [True],
        "samplewise_std_normalization": [True],
    }
    drawn = {name: some[random.integers(len(some))] for name, some in choices.items() if random.random() < 0.5}
    if random.random() < 0.2:  # nothing moves: the kernels read such images in another way
        geometry = ("rotation_range", "width_shift_range", "height_shift_range", "shear_range", "zoom_range")
        drawn = {name: value for name, value in drawn.items() if name not in geometry}
    return drawn


def differences(parameters: dict[str, Any], images: np.ndarray, seed: int) -> np.ndarray:
    """Absolute differences of one batch, on a scale of 255."""
    from api_schemas.augmentation import ImageDataGeneratorSpec
    from augury.augmentation import Pipeline

    spec = ImageDataGeneratorSpec.model_validate(parameters)
    ours = next(Pipeline(spec).flow(images, batch_size=BATCH, seed=seed))
    scale = max(float(np.abs(images).max()), 1.0) / 255 * (spec.rescale or 1)
    error: np.ndarray = np.abs(ours.astype(np.float64) - _by_keras(spec, images, seed)) / scale
    if spec.samplewise_std_normalization:
        undivided = _by_keras(spec.model_copy(update={"samplewise_std_normalization": False}), images, seed)
        error *= undivided.std(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
    return error


def _by_keras(spec: Any, images: np.ndarray, seed: int) -> np.ndarray:
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(**spec.constructor_arguments())
    batch: np.ndarray = next(generator.flow(images, batch_size=BATCH, seed=seed))
    return batch


def compare(random: np.random.Generator, number: int) -> Found:
    """One random case."""
    parameters = random_spec(random)
    shape = (*SHAPES[random.integers(len(SHAPES))], int(random.choice(CHANNELS)))
    kind = KINDS[random.integers(len(KINDS))]
    images = (random.random((BATCH, *shape)) * (60_000 if kind == "uint16" else 255)).astype(kind)
    error = differences(parameters, images, number)
    is_cut = "brightness_range" in parameters
    compared = error[error <= TOLERANCE] if is_cut else error
    largest = float(compared.max(initial=0.0))
    return Found(number, kind, shape, parameters, largest, error.size - compared.size, error.size if is_cut else 0)


def summary(found: list[Found]) -> dict[str, Any]:
    """The largest difference, its case, and how it is by what is told apart: how many cases, and the largest there."""
    worst = max(found, key=lambda each: each.largest)
    by = {}
    for name in TOLD_BY:
        for value in sorted({each.value_of(name) for each in found}):
            of_value = [each.largest for each in found if each.value_of(name) == value]
            by[f"{name} {value}"] = (len(of_value), max(of_value))
    return {
        "cases": len(found),
        "largest": worst.largest,
        "case": str(worst),
        "beyond": sum(each.largest > TOLERANCE for each in found),
        "tipped": sum(each.tipped for each in found),
        "cut": sum(each.cut for each in found),
        "by": by,
    }


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    told = summary([compare(random, number) for number in range(arguments.cases)])
    if arguments.json:
        print(json.dumps(told))
        return
    print(f"{told['cases']} cases; largest difference {told['largest']:.2g} of 255 in {told['case']}")
    print(
        f"beyond {TOLERANCE}: {told['beyond']} cases; with brightness, {told['tipped']} of {told['cut']} values",
        end=" ",
    )
    print("in another level")
    for name, (count, largest) in told["by"].items():
        print(f"  {name:24} {count:5} cases, at most {largest:.2g}")


if __name__ == "__main__":
    main()
