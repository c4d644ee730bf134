"""Draws that keep every class's share: the splits of scikit-learn's ``StratifiedShuffleSplit``, number for number.

Trials are addressed by what determines them, their split included, so these may never change. scikit-learn is not asked
itself because importing it takes as long as a third of Keras, in every process that trains.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]


def draw_stratified(
    labels: npt.NDArray[np.int64], training_images: int | None, validation_images: int, seed: int
) -> tuple[Indices, Indices]:
    """Which of the images to train on and which to validate on, as indices into *labels*, in no order.

    Args:
        labels: ``[N]``, each image's class.
        training_images: None for all that are not validated on.
        validation_images: how many to validate on.
        seed: of the draws, 0 to 2**32 - 1.

    Raises:
        ValueError: there are too few images of a class, or in all, for these numbers.
    """
    classes, counts = np.unique(labels, return_counts=True)
    training = len(labels) - validation_images if training_images is None else training_images
    _require_enough(classes, counts, training, validation_images)
    generator = np.random.RandomState(seed)
    to_train = _shared_out(counts, training, generator)
    to_validate = _shared_out(counts - to_train, validation_images, generator)
    sides: tuple[list[Indices], list[Indices]] = ([], [])
    for label, train, validate in zip(classes, to_train, to_validate, strict=True):
        of_class = np.flatnonzero(labels == label)
        shuffled = of_class[generator.permutation(len(of_class))]
        sides[0].append(shuffled[:train])
        sides[1].append(shuffled[train : train + validate])
    return np.concatenate(sides[0]), np.concatenate(sides[1])


def _require_enough(classes: npt.NDArray[np.int64], counts: Indices, training: int, validation: int) -> None:
    images = int(counts.sum())
    if counts.min() < 2:
        alone = classes[counts < 2].tolist()
        raise ValueError(f"a class needs two images, one for each side; of these there is only one: {alone}")
    if min(training, validation) <= 0 or training + validation > images:
        raise ValueError(f"{training} images to train on and {validation} to validate on are none of {images}")
    for side, size in (("train", training), ("validate", validation)):
        if size < len(classes):
            raise ValueError(f"{size} images to {side} on cannot hold every one of {len(classes)} classes")


def _shared_out(counts: Indices, images: int, generator: np.random.RandomState) -> Indices:
    """So many images from classes of these sizes: in proportion, rounded down, and the rest by the largest remainders.

    Among equal remainders the generator chooses. The divisions come in the one order that rounds as it always has.
    """
    exact = counts / counts.sum() * images
    shares: Indices = np.floor(exact).astype(np.intp)
    remainders = exact - shares
    left = images - int(shares.sum())
    for remainder in np.unique(remainders)[::-1]:
        if left <= 0:
            break
        equal = np.flatnonzero(remainders == remainder)
        chosen = generator.choice(equal, min(left, len(equal)), replace=False)
        shares[chosen] += 1
        left -= len(chosen)
    return shares
