"""Whether models have learned anything, and whether their training was over: what every comparison presupposes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.why.affinity import mean_of

_HARDLY_LEARNED = 0.1
_KEPT = 0.5


def hardly_learned_below(share_by_guessing: float) -> float:
    """The accuracy below which a model has hardly learned: a tenth of the way from guessing to knowing all."""
    return share_by_guessing + _HARDLY_LEARNED * (1 - share_by_guessing)


def most_frequent_share(records: Sequence[SeedRecord]) -> float:
    """The share of validation images that always naming their most frequent class is right on, over all seeds."""
    labels = np.concatenate([record.labels for record in records])
    return float(np.bincount(labels).max() / len(labels))


def has_learned(arm: ArmRecord) -> bool:
    """Whether an arm's models know more than always naming one class would; True where none finished.

    On average over the seeds, either the accuracy is beyond that of the most frequent class, or the mean over classes
    of the share recognised (balanced accuracy: Brodersen et al., ICPR 2010) is beyond 1 / C, that of always naming one.
    Where one class has nearly all images, accuracy alone would not tell a model that finds the others at their cost.
    """
    records = list(arm.seeds.values())
    if not records:
        return True
    accuracy = float(np.mean([record.correct.mean() for record in records]))
    if accuracy >= hardly_learned_below(most_frequent_share(records)):
        return True
    recalls = [_recalls(record) for record in records]
    balanced = float(np.mean([each.mean() for each in recalls]))
    return balanced >= hardly_learned_below(1 / max(len(each) for each in recalls))


def is_cut_short(arm: ArmRecord) -> bool:
    """Whether most of an arm's trials were still improving when their epochs ended."""
    flags = [record.still_improving for record in arm.seeds.values()]
    return sum(flags) > len(flags) / 2


def has_collapsed(record: SeedRecord, reference: SeedRecord) -> bool:
    """Whether one run failed: it diverged, or kept less than half of what its reference knows beyond guessing.

    Both were validated on the same images. Where the reference knows nothing beyond guessing there is nothing to keep.
    """
    guessing = most_frequent_share([reference])
    known = reference.accuracy - guessing
    return record.diverged or (known > 0 and record.accuracy - guessing < _KEPT * known)


def nothing_learned(arm: ArmRecord) -> str:
    """How an arm does against always naming the most frequent class, in words."""
    records = list(arm.seeds.values())
    accuracy = mean_of([record.accuracy for record in records])
    return (
        f"right on {100 * (accuracy or 0.0):.1f}% of the validation images, and always naming the most frequent class "
        f"is on {100 * most_frequent_share(records):.1f}%"
    )


def _recalls(record: SeedRecord) -> np.ndarray:
    """The share recognised of each class that the record has images of ``[C]``."""
    shown = np.bincount(record.labels)
    hits = np.bincount(record.labels, record.correct, len(shown))
    recalls: np.ndarray = hits[shown > 0] / shown[shown > 0]
    return recalls
