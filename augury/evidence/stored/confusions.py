"""Images behind a confusion that grew: what the baseline's models knew and the candidate's take for another class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from augury.evidence.arm_results import ArmRecord
from augury.evidence.statistics.paired_outcomes import shared_seeds


@dataclass(frozen=True)
class ConfusedImage:
    """One image.

    Attributes:
        index: its place in the snapshot.
        seeds: on which the baseline's model knew it and the candidate's took it for the other class.
        validated: seeds on which both arms were validated on it.
    """

    index: int
    seeds: int
    validated: int


def newly_confused(candidate: ArmRecord, baseline: ArmRecord, true: int, predicted: int) -> list[ConfusedImage]:
    """Validation images of one class that the candidate takes for another and the baseline does not, by seed.

    Those that this happens to on the largest share of their seeds come first, of equals those on more seeds.

    Args:
        candidate: the arm in question.
        baseline: the arm that it is compared with, on the same images for the same seed.
        true: the label of the class that they are of.
        predicted: the label that the candidate's models give them.

    Raises:
        ValueError: the arms were validated on different images.
    """
    confused: dict[int, int] = {}
    validated: dict[int, int] = {}
    for seed in shared_seeds(candidate, baseline):
        one, other = candidate.seeds[seed], baseline.seeds[seed]
        if not np.array_equal(one.indices, other.indices):
            raise ValueError(f"{candidate.name!r} and {baseline.name!r} were validated on different images")
        is_of_class = one.labels == true
        is_new = is_of_class & (one.predicted == predicted) & (other.predicted == true)
        for counted, chosen in ((validated, is_of_class), (confused, is_new)):
            for index in one.indices[chosen].tolist():
                counted[index] = counted.get(index, 0) + 1
    found = [ConfusedImage(index, seeds, validated[index]) for index, seeds in confused.items()]
    return sorted(found, key=lambda each: (-each.seeds / each.validated, -each.seeds, each.index))
