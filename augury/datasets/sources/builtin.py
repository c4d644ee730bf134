"""``builtin`` references: digits, which scikit-learn ships, and the sets that Keras knows where to download."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import ArrayImages, Listing
from augury.datasets.optional import required_library
from augury.datasets.reference_rules import SHIPPED
from augury.datasets.sources.base import Request

Array = npt.NDArray[Any]
_DIGITS_TOP = 16  # scikit-learn's digits count set pixels in 4x4 blocks
_DIGITS_SHAPE = (8, 8, 1)
_TEN = tuple(str(digit) for digit in range(10))
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_HUNDRED = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
    caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
    flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
    motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate
    poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
    squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm
"""
_CLASS_NAMES = {"mnist": _TEN, "fashion_mnist": _CLOTHES, "cifar10": _THINGS, "cifar100": tuple(_HUNDRED.split())}


def fetch_builtin(request: Request) -> Listing:
    """The images as arrays in memory, uint8; Keras's sets with the splits train and test.

    Raises:
        DatasetError: there is none of that name (builtin.unknown), or it cannot be downloaded (builtin.download).
    """
    name = request.reference["name"]
    if name == SHIPPED:
        return digits()
    if name not in _CLASS_NAMES:
        raise DatasetError("builtin.unknown", f"there is no built-in dataset {name!r}")
    request.report("downloading", 0, 0)
    # Which takes seconds, and TensorFlow.
    module = required_library(f"keras.datasets.{name}", "training", "downloading one of Keras's datasets")
    try:
        training, test = module.load_data()
    except Exception as error:  # whatever kind Keras makes of a failed download
        message = f"Keras could not download {name!r}; see whether the worker reaches the internet"
        raise DatasetError("builtin.download", message) from error
    return of_pairs(name, training, test)


def digits() -> Listing:
    """scikit-learn's 1,797 handwritten digits: 8x8, one channel, 0 to 255."""
    table = np.loadtxt(_digits_file(), np.float64, delimiter=",")  # a line an image: its pixels, and then its digit
    images = np.rint(table[:, :-1] * (255 / _DIGITS_TOP)).astype(np.uint8).reshape(-1, *_DIGITS_SHAPE)
    return Listing(
        format="scikit-learn's digits",
        names=[f"digits[{index}]" for index in range(len(images))],
        labels=[_TEN[label] for label in table[:, -1].astype(int)],
        images=ArrayImages(images),
        class_names=_TEN,
        are_digits=True,
    )


def _digits_file() -> Path:
    """Where scikit-learn has them. Importing it takes three times as long as all else that is done with them."""
    package = importlib.util.find_spec("sklearn")
    assert package is not None, "it comes with the engine"
    assert package.origin is not None, "it lies in a folder"
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"


def of_pairs(name: str, training: tuple[Array, Array], test: tuple[Array, Array]) -> Listing:
    """What ``keras.datasets`` gives, images ``[N, H, W]`` or ``[N, H, W, C]`` and labels ``[N]`` or ``[N, 1]``."""
    parts = {"train": training, "test": test}
    class_names = _CLASS_NAMES[name]
    labels = np.concatenate([labels.reshape(-1) for _, labels in parts.values()])
    return Listing(
        format=f"Keras's {name}",
        names=[f"{split}[{index}]" for split, (images, _) in parts.items() for index in range(len(images))],
        labels=[class_names[label] for label in labels],
        images=ArrayImages(np.concatenate([images for images, _ in parts.values()])),
        class_names=class_names,
        splits=[split for split, (images, _) in parts.items() for _ in range(len(images))],
        are_digits=class_names is _TEN,
    )
