"""How far Augury's batches are from Keras's, over random specs and images: the largest difference, and its case.

    python benchmarks/agreement.py [--cases 2000] [--seed 0]

Differences are on a scale of 255 for the images' range, before rescale. Where brightness follows an interpolation, both
cut pixels down to whole levels, and a last bit may tip one into the next: such pixels are counted and told apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # else this folder's files would hide packages of their names

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline

SHAPES = [(1, 7), (6, 1), (8, 8), (13, 21), (28, 28), (30, 17), (5, 64), (96, 96), (130, 50)]
CHANNELS = [1, 3, 4]
KINDS = ["uint8", "uint16", "float32"]
BATCH, TOLERANCE = 4, 0.01


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
    }
    return {name: some[random.integers(len(some))] for name, some in choices.items() if random.random() < 0.5}


def differences(parameters: dict[str, Any], images: np.ndarray, seed: int) -> np.ndarray:
    """Absolute differences of one batch, on a scale of 255."""
    spec = ImageDataGeneratorSpec.model_validate(parameters)
    keras = ImageDataGenerator(**spec.constructor_arguments()).flow(images, batch_size=BATCH, seed=seed)
    ours = Pipeline(spec).flow(images, batch_size=BATCH, seed=seed)
    scale = max(float(np.abs(images).max()), 1.0) / 255 * (spec.rescale or 1)
    error: np.ndarray = np.abs(next(ours).astype(np.float64) - next(keras)) / scale
    return error


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    largest, case, tipped, pixels, beyond = 0.0, "", 0, 0, 0
    for number in range(arguments.cases):
        parameters = random_spec(random)
        shape = (*SHAPES[random.integers(len(SHAPES))], int(random.choice(CHANNELS)))
        kind = KINDS[random.integers(len(KINDS))]
        images = (random.random((BATCH, *shape)) * (60_000 if kind == "uint16" else 255)).astype(kind)
        error = differences(parameters, images, number)
        is_cut = "brightness_range" in parameters
        if is_cut:
            tipped, pixels = tipped + int((error > TOLERANCE).sum()), pixels + error.size
            error = error[error <= TOLERANCE]
        beyond += int((error > TOLERANCE).any())
        if error.max(initial=0.0) > largest:
            largest, case = float(error.max()), f"case {number}, {kind} {shape}: {parameters}"
    print(f"{arguments.cases} cases; largest difference {largest:.2g} of 255 in {case}")
    print(f"beyond {TOLERANCE}: {beyond} cases; with brightness, {tipped} of {pixels} values in another level")


if __name__ == "__main__":
    main()
