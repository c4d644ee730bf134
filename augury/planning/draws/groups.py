"""Drawing whole groups for validation: at random, each as often as any other, with every class on both sides.

Groups are taken class by class (each belongs to the class that most of its images show), so that classes keep their
shares as far as groups allow. Within a class they lie on a circle in random order, each as long as it has images, and
those are drawn that begin within a window of the length that is due: systematic sampling with a random start (Madow and
Madow, Annals of Mathematical Statistics 15, 1944). A window finds every beginning with the same probability, whatever
the size of its group, and what was drawn too much or too little of one class is made up for by the next.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MAX_DRAWS = 400
"""How often a seed draws before the request is taken for impossible."""

_HARDLY_MISSED = 0.15
"""A class that so many draws would lack, or fewer, is left to chance and drawn again."""

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def draw_groups(counts: Counts, fraction: float, generator: np.random.Generator) -> Mask:
    """Which groups are validated on ``[G]``.

    Every class that is in two groups or more has images on both sides, and the images validated on are as many as
    asked for to within the largest group. A group with all images of a class is always trained on. Draws that lack a
    class are drawn again; of a class in few groups, which most draws would lack, one group is drawn before all others.

    Args:
        counts: images of every group and class ``[G, C]``.
        fraction: of all images, to validate on.
        generator: of this draw alone.

    Raises:
        ValueError: no draw was as it has to be.
    """
    alone: Mask = np.any(counts[:, (counts > 0).sum(axis=0) == 1] > 0, axis=1)
    shared = counts[:, (counts > 0).sum(axis=0) > 1] > 0
    if alone.all():
        raise ValueError("the images of a class are in so few groups that every part leaves a class untrained")
    sizes, strata = counts.sum(axis=1), _strata(counts, alone)
    due, nearest = fraction * sizes.sum(), np.inf
    missed = (1 - fraction) ** shared.sum(axis=0)
    for attempt in range(MAX_DRAWS):
        hardly_missed = 0.0 if attempt >= MAX_DRAWS // 2 else _HARDLY_MISSED
        first = _one_of_each(shared, alone, missed > hardly_missed, generator)
        drawn = first | _filled_up(strata, sizes, first, due, generator)
        if not drawn.any() or drawn.all() or not (shared[drawn].any(axis=0) & shared[~drawn].any(axis=0)).all():
            continue
        images = float(sizes[drawn].sum())
        if abs(images - due) <= sizes.max():
            return drawn
        nearest = min(nearest, images, key=lambda each: abs(each - due))
    raise ValueError(_reason(fraction, nearest / float(sizes.sum())))


def _strata(counts: Counts, alone: Mask) -> list[npt.NDArray[np.intp]]:
    """The groups that may be drawn, by their most frequent class; those with the largest group last.

    So the last one, which settles how far the whole draw is from what is due, is off by no more than the largest group.
    """
    most, free = counts.argmax(axis=1), np.flatnonzero(~alone)
    strata = [free[most[free] == label] for label in np.unique(most[free])]
    sizes = counts.sum(axis=1)
    return sorted(strata, key=lambda groups: int(sizes[groups].max()))


def _filled_up(
    strata: list[npt.NDArray[np.intp]], sizes: Counts, first: Mask, due: float, generator: np.random.Generator
) -> Mask:
    drawn = np.zeros_like(first)
    share = due / float(sum(sizes[groups].sum() for groups in strata))
    carried = 0.0
    for groups in strata:
        carried += share * float(sizes[groups].sum()) - float(sizes[groups[first[groups]]].sum())
        rest = groups[~first[groups]]
        chosen = _in_window(rest, sizes[rest], carried, generator)
        drawn[chosen] = True
        carried -= float(sizes[chosen].sum())
    return drawn


def _in_window(
    groups: npt.NDArray[np.intp], sizes: Counts, length: float, generator: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Those of the groups that begin in a window of so many images, somewhere on their circle."""
    order = generator.permutation(len(groups))
    ends = np.cumsum(sizes[order])
    if length <= 0 or len(groups) == 0:
        return groups[:0]
    around = float(ends[-1])
    begins = (ends - sizes[order] - generator.uniform(0, around)) % around
    return groups[order[begins < length]]


def _one_of_each(shared: Mask, alone: Mask, rare: Mask, generator: np.random.Generator) -> Mask:
    """A group of every rare class, of the one in the fewest groups first, and none that leaves a class untrained."""
    drawn = np.zeros_like(alone)
    for label in np.argsort(shared.sum(axis=0), kind="stable"):
        if not rare[label] or shared[drawn, label].any():
            continue
        left = shared[~drawn].sum(axis=0)
        spared = ~drawn & ~alone & shared[:, label] & ~(shared & (left == 1)).any(axis=1)
        if spared.any():
            drawn[generator.choice(np.flatnonzero(spared))] = True
    return drawn


def _reason(fraction: float, nearest: float) -> str:
    if not np.isfinite(nearest):
        return (
            f"in {MAX_DRAWS} draws of whole groups, none had every class on both sides; classes are in too few groups"
        )
    return (
        f"with whole groups and every class on both sides, about {nearest:.2g} of the images are validated on and not "
        f"{fraction:g}; choose a validation_fraction near {nearest:.2g}"
    )
