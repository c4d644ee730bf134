"""How far the exact Keras layer is from the engine, for random specs and images whose parameters are given to both.

``KERAS_BACKEND=jax python -m tests.augury.exports.differences 200`` prints what it came to, as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.parameters import NAMES, Draws
from augury.exports import export
from augury.exports.options import ExportOptions

FILL_MODES = ("nearest", "reflect", "constant", "wrap")
SHAPES = ((32, 32, 3), (33, 47, 1), (64, 48, 3), (17, 17, 4), (96, 96, 1))
"""Few, as a backend may compile anew for each."""
_IMAGES = 2
_RANGES: dict[str, tuple[Any, ...]] = {
    "rotation_range": (0, 5, 40, 180),
    "width_shift_range": (0.0, 0.1, 0.6, 3.5, 4, [1, 2.5]),
    "height_shift_range": (0.0, 0.2, 0.9, 2.0, 3, [0.25, -0.1]),
    "shear_range": (0, 3, 30),
    "zoom_range": (0.0, 0.3, [0.5, 2.5]),
    "channel_shift_range": (0, 0, 60),
    "brightness_range": (None, None, [0.3, 1.7]),
    "horizontal_flip": (False, True),
    "vertical_flip": (False, True),
    "interpolation_order": (1, 1, 1, 0),
}


def loaded(content: str) -> dict[str, Any]:
    """What an exported file defines, carried out as whoever pasted it would."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(content, "exported.py", "exec"), names)  # noqa: S102 - that is what is exported
    return names


def named(draws: Draws) -> dict[str, npt.NDArray[np.float64]]:
    """Draws of several images as the exported function takes them."""
    columns = zip(NAMES, draws.table.T, strict=True)
    return {name: values for name, values in columns if not np.isnan(values).any()}


def difference(
    transform: Any, spec: ImageDataGeneratorSpec, semantics: Any, images: npt.NDArray[Any], seed: int
) -> float:
    """The largest difference of a pixel, 0-255, between the engine and the exported function."""
    from keras import ops

    pipeline = Pipeline(spec, semantics=semantics, threads=1)
    draws = pipeline.draw(images.shape[1:], seed=seed, indices=np.arange(len(images)))
    changed = transform(
        ops.convert_to_tensor(images),
        named(draws),
        fill_mode=spec.fill_mode,
        cval=spec.cval,
        interpolation_order=spec.interpolation_order,
        corrected=semantics == "corrected",
    )
    return float(np.abs(ops.convert_to_numpy(changed) - pipeline.transform(images, draws)).max())


def random_cases(count: int, seed: int) -> Iterator[tuple[dict[str, Any], Any, npt.NDArray[Any]]]:
    """Parameters of specs without a fill mode, the semantics, and images of noise."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        given = {name: choices[random.integers(len(choices))] for name, choices in _RANGES.items()}
        images = random.integers(0, 256, (_IMAGES, *SHAPES[random.integers(len(SHAPES))]), dtype=np.uint8)
        yield given, ("keras", "corrected")[random.integers(2)], images


def largest_differences(count: int, seed: int = 0) -> dict[str, float]:
    """The largest difference under each fill mode, over *count* random specs."""
    transform = loaded(export(ImageDataGeneratorSpec(), "keras", ExportOptions()).content)["transform"]
    found = dict.fromkeys(FILL_MODES, 0.0)
    for number, (given, semantics, images) in enumerate(random_cases(count, seed)):
        for fill_mode in FILL_MODES:
            spec = ImageDataGeneratorSpec(**given, fill_mode=fill_mode, cval=37.5)
            found[fill_mode] = max(found[fill_mode], difference(transform, spec, semantics, images, number))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(largest_differences(int(sys.argv[1]))) + "\n")
