"""How many images a second are augmented: Keras's ImageDataGenerator, other libraries, and Augury, in one run.

    python benchmarks/augmentation.py [--json] [--rounds 5] [--seconds 0.6]

Every engine gets the same uint8 images and the same spec, in batches of 32 made by its own iterator or, where a library
has none, by a loop over images. The engines run in turn, round after round; a ratio is taken within a round, and the
median over rounds is reported. Before anything is timed, Augury's batches are compared with Keras's. ``copy`` is the
floor: the same bytes converted to floats by NumPy and nothing else. Albumentations and torchvision run where they are
installed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # else this file would be taken for the package of its name

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline

SIZES = {"28x28x1": (28, 28, 1), "96x96x3": (96, 96, 3), "224x224x3": (224, 224, 3)}
SPECS = {
    "appropriate": {
        "rotation_range": 20,
        "width_shift_range": 0.1,
        "height_shift_range": 0.1,
        "horizontal_flip": True,
        "rescale": 1 / 255,
    },
    "over": {
        "rotation_range": 90,
        "width_shift_range": 0.5,
        "height_shift_range": 0.5,
        "shear_range": 0.5,
        "zoom_range": 0.5,
        "horizontal_flip": True,
    },
    "targeted": {
        "brightness_range": [0.8, 1.2],
        "channel_shift_range": 0.1,
        "samplewise_center": True,
        "samplewise_std_normalization": True,
    },
}
BATCH = 32
IMAGES = {"28x28x1": 2048, "96x96x3": 512, "224x224x3": 128}
TOLERANCE = 0.01

Engine = Iterator[Any]


def keras_generator(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """Keras's ImageDataGenerator."""
    return ImageDataGenerator(**spec.constructor_arguments()).flow(images, batch_size=BATCH, seed=0)


def augury(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """Augury's Pipeline, by the same interface and with the same draws."""
    return Pipeline(spec).flow(images, batch_size=BATCH, seed=0)


def augury_stateless(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """Augury as trials use it: draws keyed on (seed, epoch, sample)."""
    pipeline, indices = Pipeline(spec), np.arange(BATCH)
    for epoch in iter(int, 1):
        draws = pipeline.draw(images.shape[1:], seed=0, epoch=epoch, indices=indices)
        yield pipeline.augment(images, draws, indices)


def copy(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """Conversion to floats alone."""
    while True:
        yield images[:BATCH].astype(np.float32)


def keras_layers(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """Keras's preprocessing layers, compiled, with the spec's ranges where a layer has them."""
    layers: list[Any] = []
    if spec.rotation_range:
        layers.append(keras.layers.RandomRotation(spec.rotation_range / 360, fill_mode="nearest"))
    if spec.width_shift_range:
        layers.append(keras.layers.RandomTranslation(spec.height_shift_range, spec.width_shift_range, "nearest"))
    if spec.zoom_range:
        layers.append(keras.layers.RandomZoom(spec.zoom_range, spec.zoom_range, fill_mode="nearest"))
    if spec.horizontal_flip:
        layers.append(keras.layers.RandomFlip("horizontal"))
    if spec.brightness_range:
        layers.append(keras.layers.RandomBrightness(0.2))
    if spec.rescale:
        layers.append(keras.layers.Rescaling(spec.rescale))
    model = keras.Sequential(layers)
    step = tf.function(lambda batch: model(batch, training=True))
    while True:
        yield step(tf.constant(images[:BATCH], tf.float32)).numpy()


def tensorflow_projective(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """TensorFlow's ImageProjectiveTransformV3 with a random rotation and shift: geometry alone."""
    height, width = images.shape[1:3]

    @tf.function
    def step(batch: Any) -> Any:
        angle = tf.random.uniform((BATCH,), -1, 1) * (spec.rotation_range * np.pi / 180)
        cosine, sine, zero = tf.cos(angle), tf.sin(angle), tf.zeros((BATCH,))
        shift_x = tf.random.uniform((BATCH,), -0.1, 0.1) * width
        shift_y = tf.random.uniform((BATCH,), -0.1, 0.1) * height
        maps = tf.stack([cosine, -sine, shift_x, sine, cosine, shift_y, zero, zero], axis=1)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=batch, transforms=maps, output_shape=(height, width), fill_value=0.0,
            interpolation="BILINEAR", fill_mode="NEAREST",
        )  # fmt: skip

    while True:
        yield step(tf.constant(images[:BATCH], tf.float32)).numpy()


def albumentations(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """Albumentations, where it is installed: one image after the other."""
    import albumentations as library
    import cv2

    steps: list[Any] = []
    if spec.has_geometry:
        zoom = 0.0 if isinstance(spec.zoom_range, tuple) else spec.zoom_range
        steps.append(
            library.ShiftScaleRotate(
                shift_limit=spec.width_shift_range, scale_limit=zoom, rotate_limit=spec.rotation_range,
                border_mode=cv2.BORDER_REPLICATE, p=1,
            )
        )  # fmt: skip
    if spec.horizontal_flip:
        steps.append(library.HorizontalFlip(p=0.5))
    if spec.brightness_range:
        steps.append(library.RandomBrightnessContrast(0.2, 0, p=1))
    transform, scale = library.Compose(steps), np.float32(spec.rescale or 1)
    while True:
        yield np.stack([transform(image=image)["image"] for image in images[:BATCH]]).astype(np.float32) * scale


def torchvision(spec: ImageDataGeneratorSpec, images: np.ndarray) -> Engine:
    """torchvision's v2 transforms, where they are installed: one image after the other."""
    import torch
    from torchvision.transforms import v2

    steps: list[Any] = []
    if spec.has_geometry:
        shift = (spec.width_shift_range, spec.height_shift_range)
        bilinear = v2.InterpolationMode.BILINEAR
        steps.append(v2.RandomAffine(spec.rotation_range, translate=shift, interpolation=bilinear))
    if spec.horizontal_flip:
        steps.append(v2.RandomHorizontalFlip())
    if spec.brightness_range:
        steps.append(v2.ColorJitter(brightness=0.2))
    transform = v2.Compose([*steps, v2.ToDtype(torch.float32, scale=bool(spec.rescale))])
    tensors = torch.from_numpy(np.moveaxis(images[:BATCH], -1, 1).copy())
    while True:
        yield torch.stack([transform(image) for image in tensors]).numpy()


ENGINES: dict[str, Callable[[ImageDataGeneratorSpec, np.ndarray], Engine]] = {
    "keras ImageDataGenerator": keras_generator,
    "augury": augury,
    "augury stateless": augury_stateless,
    "keras layers": keras_layers,
    "tensorflow projective": tensorflow_projective,
    "albumentations": albumentations,
    "torchvision": torchvision,
    "copy": copy,
}
OURS = ("augury", "augury stateless", "copy")
REFERENCE = "keras ImageDataGenerator"


def agreement(spec: ImageDataGeneratorSpec, images: np.ndarray) -> float:
    """Largest difference between Augury's and Keras's first two batches, on the scale of the output."""
    theirs, ours = keras_generator(spec, images), augury(spec, images)
    return max(float(np.abs(next(theirs) - next(ours)).max()) for _ in range(2))


def images_per_second(engine: Engine, seconds: float) -> float:
    """Batches for so long, at least two."""
    count, began = 0, time.perf_counter()
    while count < 2 * BATCH or time.perf_counter() - began < seconds:
        batch = next(engine)
        count += len(batch[0] if isinstance(batch, tuple) else batch)
    return count / (time.perf_counter() - began)


def measure(spec_name: str, size: str, rounds: int, seconds: float) -> dict[str, Any]:
    """All engines on one spec and size."""
    spec = ImageDataGeneratorSpec.model_validate(SPECS[spec_name])
    images = np.random.default_rng(0).integers(0, 256, (IMAGES[size], *SIZES[size]), np.uint8)
    difference = agreement(spec, images)
    unit = 0.05 if spec.samplewise_std_normalization else (spec.rescale or 1)
    assert difference <= TOLERANCE * max(unit, 1 / 255), f"{spec_name} {size}: batches differ by {difference}"
    engines: dict[str, Engine] = {}
    for name, make in ENGINES.items():
        try:
            engines[name] = make(spec, images)
            images_per_second(engines[name], 0.0)  # compile, trace, load
        except ImportError:
            engines.pop(name, None)
    speeds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, engine in engines.items():
            speeds[name].append(images_per_second(engine, seconds))
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    others = {name: value for name, value in medians.items() if name not in (*OURS, REFERENCE)}
    fastest = max(others, key=lambda name: others[name])
    return {
        "spec": spec_name,
        "size": size,
        "images_per_second": medians,
        "ratio_to_keras": {name: _ratio(values, speeds[REFERENCE]) for name, values in speeds.items()},
        "fastest_other": fastest,
        "ratio_to_fastest_other": _ratio(speeds["augury"], speeds[fastest]),
        "largest_difference": difference,
    }


def _ratio(values: list[float], references: list[float]) -> float:
    return statistics.median(value / reference for value, reference in zip(values, references, strict=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6)
    arguments = parser.parse_args()
    results = []
    for size in SIZES:
        for spec_name in SPECS:
            result = measure(spec_name, size, arguments.rounds, arguments.seconds)
            results.append(result)
            if not arguments.json:
                _print(result)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if arguments.json:
        print(json.dumps({"batch": BATCH, "results": results, "peak_memory_megabytes": peak}))
    else:
        print(f"peak memory of the whole run, TensorFlow included: {peak:.0f} MB")


def _print(result: dict[str, Any]) -> None:
    print(f"\n{result['spec']}, {result['size']} (largest difference from Keras {result['largest_difference']:.2g})")
    for name, speed in sorted(result["images_per_second"].items(), key=lambda item: -item[1]):
        print(f"  {name:26} {speed:12,.0f} images/s   {result['ratio_to_keras'][name]:7.1f} x")
    print(f"  augury is {result['ratio_to_fastest_other']:.1f} times {result['fastest_other']}")


if __name__ == "__main__":
    main()
