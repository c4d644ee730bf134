"""The area under the ROC curve: how well a model ranks a class's images before all others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from augury.evidence.metrics.outputs import Floats, ImageDifferences, Outputs, Side, images_of


def auc_values(outputs: Outputs, label: int | None) -> Floats | None:
    """What every image contributes to the area under the curve ``[n]``, their mean being the area.

    An image's placement is the share of the other side's images that it is ranked rightly against, ties counting half
    (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988). Both sides' mean placement is the area A; an image of a
    side with n_c of the n images contributes (n / n_c) placement - A, which is the influence function but for being
    centred by the one A.

    Args:
        outputs: of a model, with the probabilities of all classes.
        label: of the class that is ranked; None: the mean over all classes that have images.

    Returns:
        None where no class has images on both sides.
    """
    if outputs.log_probabilities is None:
        return None
    images, total = images_of(outputs.labels, outputs.classes), len(outputs.labels)
    ranked = np.flatnonzero((images > 0) & (images < total))
    if label is not None:
        ranked = ranked[ranked == label]
    if not len(ranked):
        return None
    contributions, area = np.zeros(total), 0.0
    for each in ranked:
        is_of_class = outputs.labels == each
        placements = _placements(outputs.log_probabilities[:, each].astype(np.float32), is_of_class)
        contributions += placements * np.where(is_of_class, total / images[each], total / (total - images[each]))
        area += placements[is_of_class].mean()
    values: Floats = (contributions - area) / len(ranked)
    return values


def auc_differences(one: Side, other: Side, label: int | None) -> ImageDifferences | None:
    """Each image's placements. One that comes out otherwise changes all of its own."""
    if one.image_values is None or other.image_values is None:
        return None
    difference = one.image_values.astype(np.float64) - other.image_values.astype(np.float64)
    return ImageDifferences(difference, step=_step(one.labels, label))


def _placements(scores: npt.NDArray[Any], is_of_class: npt.NDArray[np.bool_]) -> Floats:
    """The share of the other side that every image is ranked rightly against ``[n]``, ties counting half.

    Of a thousand classes each has few images, so only those are sorted, and the others counted between them.
    """
    placements = np.empty(len(scores))
    of_class, others = scores[is_of_class], scores[~is_of_class]
    ordered = np.sort(of_class)
    below, up_to = (np.searchsorted(ordered, others, side) for side in ("left", "right"))
    placements[~is_of_class] = 1 - (below + up_to) / (2 * len(of_class))
    # Another image is below one of the class if no more of the class are up to it than are below that one.
    first = np.searchsorted(ordered, of_class, "left")
    lower = sum(np.cumsum(np.bincount(each, minlength=len(of_class) + 1))[first] for each in (below, up_to))
    placements[is_of_class] = lower / (2 * len(others))
    return placements


def _step(labels: npt.NDArray[Any], label: int | None) -> float:
    """What one image changes that is ranked last instead of first, times the number of images."""
    images, total = np.bincount(labels), len(labels)
    if label is not None:
        return total / int(min(images[label], total - images[label]))
    images = images[images > 0]
    for_others = (total / (total - images)).sum() - total / (total - images)
    most: np.float64 = (total / images + for_others).max()
    return float(most) / len(images)
