"""What was drawn into validation sets, numbered from 0: images, or groups of them, and what each seed has of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from augury.evidence.statistics.paired_outcomes import Integers, PairedOutcomes

_SPARSE = 16
"""Values that span so many times their number are sorted rather than counted."""


@dataclass(frozen=True)
class DrawnUnits:
    """What was drawn, numbered from 0, and its cells: a unit in one seed that has it, numbered from 0 as well."""

    unit: Integers
    """Of every entry of the outcomes ``[M]``."""
    cell: Integers
    """Of every entry ``[M]``."""
    unit_of_cell: Integers


def drawn_units(outcomes: PairedOutcomes) -> DrawnUnits:
    """The units of outcomes, numbered."""
    values, unit = _numbered(outcomes.unit)
    pairs, cell = _numbered(outcomes.seed * len(values) + unit)
    return DrawnUnits(unit, cell, pairs % len(values))


def _numbered(values: Integers) -> tuple[Integers, Integers]:
    """The different values, ascending, and which of them each is.

    As ``np.unique``, without sorting where values lie close together, as indices of images do.
    """
    low, high = int(values.min()), int(values.max())
    if high - low > _SPARSE * len(values):
        distinct, number = np.unique(values, return_inverse=True)
        return distinct, number
    is_there = np.bincount(values - low) > 0
    return np.flatnonzero(is_there) + low, (np.cumsum(is_there) - 1)[values - low]
