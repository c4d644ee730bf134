"""Metrics of which class a model names: accuracy, balanced accuracy, recall, precision, F1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augury.evidence.metrics.outputs import Floats, ImageDifferences, Outputs, Side, images_of


def accuracy(outputs: Outputs, _: int | None) -> float | None:
    """The share of images whose class is named."""
    return float((outputs.labels == outputs.predicted).mean()) if len(outputs.labels) else None


def accuracy_differences(one: Side, other: Side, _: int | None) -> ImageDifferences:
    """Right is 1 and wrong is 0."""
    return ImageDifferences(_right(one) - _right(other))


def recall(outputs: Outputs, label: int | None) -> float | None:
    """The share of a class's images that are taken for it; None where there are none."""
    of_class = outputs.labels == label
    return float((outputs.predicted[of_class] == label).mean()) if of_class.any() else None


def recall_differences(one: Side, other: Side, label: int | None) -> ImageDifferences | None:
    """Accuracy on the images of the class alone."""
    of_class = one.labels == label
    if not of_class.any():
        return None
    return ImageDifferences((_right(one) - _right(other))[of_class], of_class)


def balanced_accuracy(outputs: Outputs, _: int | None) -> float | None:
    """The mean recall of the classes that have images (Brodersen et al., ICPR 2010)."""
    if not len(outputs.labels):
        return None
    images = images_of(outputs.labels, outputs.classes)
    hits = np.bincount(outputs.labels[outputs.labels == outputs.predicted], minlength=outputs.classes)
    return float(np.mean(hits[images > 0] / images[images > 0]))


def balanced_accuracy_differences(one: Side, other: Side, _: int | None) -> ImageDifferences:
    """Right and wrong, weighed so that every class counts alike."""
    weights = _class_weights(one.labels)
    most = float(weights.max())
    return ImageDifferences(weights * (_right(one) - _right(other)), step=most, unseen=most)


def precision(outputs: Outputs, label: int | None) -> float | None:
    """The share of the images taken for a class that are of it; None where no image is."""
    taken = outputs.predicted == label
    return float((outputs.labels[taken] == label).mean()) if taken.any() else None


def precision_differences(one: Side, other: Side, label: int | None) -> ImageDifferences | None:
    """The influence function of a ratio of means, right over taken for the class; see ``_ratio_differences``.

    None where one of the two takes no image for the class.
    """
    taken = [side.predicted == label for side in (one, other)]
    counts = [int(each.sum()) for each in taken]
    if not all(counts):
        return None
    right = [each & (side.labels == label) for each, side in zip(taken, (one, other), strict=True)]
    scale = [len(one.labels) / count for count in counts]
    parts = [(factor * hit, factor * each) for factor, hit, each in zip(scale, right, taken, strict=True)]
    return ImageDifferences(_ratio_differences(*parts), step=max(scale), unseen=max(scale))


def macro_f1(outputs: Outputs, _: int | None) -> float | None:
    """The mean F1, the harmonic mean of precision and recall, of the classes that have images."""
    if not len(outputs.labels):
        return None
    images, taken, right = _counts(outputs.labels, outputs.predicted, outputs.classes)
    has_images = images > 0
    return float(np.mean(2 * right[has_images] / (images + taken)[has_images]))


def macro_f1_differences(one: Side, other: Side, _label: int | None) -> ImageDifferences:
    """The influence function of each class's F1 = 2 right / (taken for it + of it), averaged over the classes.

    An image contributes to the class that it is of and to the one that it is taken for.
    """
    labels, classes = one.labels, 1 + int(max(each.max() for each in (one.labels, one.predicted, other.predicted)))
    counted = [_counts(labels, side.predicted, classes) for side in (one, other)]
    images = counted[0][0]
    has_images = images > 0
    f1 = [2 * right / np.maximum(images + taken, 1) for _, taken, right in counted]
    common = np.where(has_images, (f1[0] + f1[1]) / 2, 0.0)
    of_arm = []
    for side, (_, taken, _) in zip((one, other), counted, strict=True):
        scale = np.where(has_images, len(labels) / (np.maximum(images + taken, 1) * has_images.sum()), 0.0)
        right = labels == side.predicted
        of_label, of_taken = (scale * common)[labels], (scale * common)[side.predicted]
        of_arm.append(2 * scale[labels] * right - of_label - of_taken)
    most = float(_class_weights(labels).max())
    return ImageDifferences(of_arm[0] - of_arm[1], step=most, unseen=most)


def _ratio_differences(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Floats:
    """What images contribute to the difference of two ratios of means.

    A ratio r = mean(g) / mean(h) has the influence (g - r h) / mean(h); here mean(h) is 1. With both arms' mean ratio
    in the place of r, contributions sum to the difference itself, and an arm whose every image agrees with its own
    ratio still contributes: what would be zero at its own r, and be taken for certainty, is not at the common one.
    """
    (numerator, denominator), (its_numerator, its_denominator) = one, other
    common = (numerator.mean() + its_numerator.mean()) / 2
    contributions: Floats = (numerator - common * denominator) - (its_numerator - common * its_denominator)
    return contributions


def _class_weights(labels: npt.NDArray[Any]) -> Floats:
    """With which the mean over images is the mean over classes ``[n]``."""
    images = np.bincount(labels)
    weights: Floats = len(labels) / (np.count_nonzero(images) * images[labels])
    return weights


def _counts(labels: npt.NDArray[Any], predicted: npt.NDArray[Any], classes: int) -> tuple[Floats, Floats, Floats]:
    """Images of each class, images taken for it, and those of both ``[classes]``."""
    right = labels[labels == predicted]
    images, taken, hits = (
        np.bincount(each, minlength=classes).astype(np.float64) for each in (labels, predicted, right)
    )
    return images, taken, hits


def _right(side: Side) -> Floats:
    right: Floats = (side.labels == side.predicted).astype(np.float64)
    return right
