"""What people have their images in, as a reference that the readers of datasets understand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.errors import NothingToSend
from augury.memory import available_bytes

BUILTIN = frozenset({"digits", "mnist", "fashion_mnist", "cifar10", "cifar100"})
"""Names that stand for a dataset, unless there is a file or folder called so."""
_ARRAYS = "arrays.npz"
_DIMENSIONS_OF_IMAGE = (2, 3)
_COPIES = 2
"""Of the images, while they are put together."""


def reference(x: Any, y: Any, folder: Path) -> dict[str, Any]:
    """A reference to the dataset that *x* and *y* are.

    Args:
        x: an array of images ``[N, H, W]`` or ``[N, H, W, C]``; a folder or file as the service reads them; the name of
            a dataset that comes with the library, as ``"digits"``; or something to go through once that gives pairs of
            images and labels, one by one or in batches (``tf.data``, ``keras.utils.PyDataset``).
        y: labels ``[N]``, numbers or names, or one-hot ``[N, classes]``; None where *x* has them.
        folder: an empty one, for arrays.

    Raises:
        NothingToSend: it is none of these.
    """
    if isinstance(x, (str, Path)):
        if y is not None:
            raise NothingToSend("a folder or file has its labels itself: leave y out")
        return _named(x)
    if y is None:
        x, y = _gathered(x)
    images, labels = np.asarray(x), _labels(y)
    if images.ndim == 0 or len(images) != len(labels):
        raise NothingToSend(f"there are {0 if images.ndim == 0 else len(images):,} images and {len(labels):,} labels")
    path = folder / _ARRAYS
    np.savez(path, x=images, y=labels)
    return {"kind": "path", "path": str(path)}


def _named(x: str | Path) -> dict[str, Any]:
    path = Path(x).expanduser().absolute()
    if path.exists():
        return {"kind": "path", "path": str(path)}
    if str(x) in BUILTIN:
        return {"kind": "builtin", "name": str(x)}
    raise NothingToSend(f"there is no file or folder {path}, and no dataset of that name; names are: {_names()}")


def _names() -> str:
    return ", ".join(sorted(BUILTIN))


def _gathered(pairs: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    images: list[npt.NDArray[Any]] = []
    labels: list[npt.NDArray[Any]] = []
    room = available_bytes()
    for pair in _finite(pairs):
        if not isinstance(pair, (tuple, list)) or len(pair) < 2:
            raise NothingToSend("x gives no pairs of images and labels, and there is no y")
        image, label = np.asarray(pair[0]), np.asarray(pair[1])
        is_one = _is_one(image, label)
        images.append(image[np.newaxis] if is_one else image)
        labels.append(label[np.newaxis] if is_one else label)
        room = None if room is None else room - _COPIES * image.nbytes
        if room is not None and room < 0:
            raise NothingToSend(
                f"x has not come to its end after {sum(map(len, images)):,} images, and there is no memory for many "
                "more; take a part of it, smaller images, or a folder, which is read from the disk"
            )
    if not images:
        raise NothingToSend("x gives no images")
    return np.concatenate(images), np.concatenate(labels)


def _is_one(image: npt.NDArray[Any], label: npt.NDArray[Any]) -> bool:
    """Whether it is an image and its label, which may be one-hot; and not a batch of them."""
    if label.ndim == 0:
        return image.ndim in _DIMENSIONS_OF_IMAGE
    return label.ndim == 1 and image.ndim == _DIMENSIONS_OF_IMAGE[-1] and len(image) != len(label)


def _finite(pairs: Any) -> Iterable[Any]:
    """What to go through, as often as it says that it goes: Keras's own datasets begin anew when they are over."""
    if getattr(pairs, "num_batches", 0) is None:  # so says a PyDataset without an end
        raise NothingToSend("x never ends; have its num_batches say how many batches are to be taken")
    if hasattr(pairs, "__getitem__") and hasattr(pairs, "__len__"):
        return (pairs[number] for number in range(len(pairs)))
    cardinality = getattr(pairs, "cardinality", None)
    if cardinality is not None and int(cardinality()) == -1:  # tf.data.INFINITE_CARDINALITY
        raise NothingToSend("x never ends; take a part of it: x.take(batches)")
    if not hasattr(pairs, "__iter__"):
        raise NothingToSend(f"x is of no use as images: {type(pairs).__name__}")
    return pairs  # type: ignore[no-any-return]


def _labels(y: Any) -> npt.NDArray[Any]:
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    return labels.reshape(len(labels)) if labels.ndim else labels
