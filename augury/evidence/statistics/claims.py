"""When a report may say which way something goes, with the error of all that it says kept."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.report import Difference


def direction_of(difference: Difference | None) -> int:
    """1 where the whole interval lies above zero, -1 where it lies below, 0 where it tells nothing of the two."""
    if difference is None:
        return 0
    return int(difference.low > 0) - int(difference.high < 0)


def shown_direction(part: Difference | None, whole: Difference | None) -> int:
    """The direction that may be claimed of a *part* of a difference (of its preprocessing, of its augmentation); or 0.

    The whole is the sum of its two parts. If all three are zero, a claim about a part takes a false verdict first; if
    the whole is not zero, at most one part is. So with parts at the verdict's own confidence, and none claimed before
    the verdict's interval leaves zero out, all three share one error: the closed test of Marcus, Peritz and Gabriel
    (Biometrika 63, 1976) for hypotheses of which two imply the third (Shaffer, JASA 81, 1986).

    Args:
        part: at the confidence and the look of the verdict.
        whole: the verdict's own difference. A part that is the whole needs nothing else.
    """
    return direction_of(part) if direction_of(whole) else 0


def means_at_equal_seeds(differences: Sequence[Difference | None]) -> list[float | None]:
    """Each mean over the seeds that all of them have, in points; None where there is no difference.

    A comparison that was settled early was settled because it looked extreme at that look, so its mean is too large in
    expectation (Whitehead, Biometrika 73, 1986), and is not to be held against means of the whole length. On the seeds
    that all have, they are equals. Where trials were lost so that no two seeds are left, each has its own mean.
    """
    known = [difference for difference in differences if difference is not None]
    shared = set.intersection(*(set(each.seeds) for each in known)) if known else set()
    return [None if each is None else _mean_on(each, shared) for each in differences]


def _mean_on(difference: Difference, seeds: set[int]) -> float:
    chosen = [points for seed, points in zip(difference.seeds, difference.per_seed, strict=True) if seed in seeds]
    return sum(chosen) / len(chosen) if len(chosen) > 1 else difference.mean
