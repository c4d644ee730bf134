"""What both responses share: the error over their levels, and verdicts over levels in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from api_schemas.reports.differences import Difference, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.why.affinity import mean_of
from augury.wording import joined


@dataclass(frozen=True)
class Level:
    """One level of a response, for its sentence."""

    said: str
    """As in "at 10 epochs", without its unit: 10."""
    verdict: Verdict | None
    difference: Difference | None


def confidence_of_each(results: ComparisonResults, levels: int) -> float:
    """Of every interval, for all of a response to hold together: over its levels and candidates (Bonferroni)."""
    return 1 - (1 - results.request.evaluation.confidence) / (levels * len(results.plan.candidates))


def shared_by(results: ComparisonResults, levels: str) -> str:
    """What holds together with what, in a sentence; *levels* is the plural of what they are."""
    return (
        f"The intervals of all candidates and {levels} hold together at {100 * results.request.evaluation.confidence:g}"
        f"% (Bonferroni), on the {len(results.plan.seeds)} seeds that every arm has; the verdicts above have an error "
        f"of their own."
    )


def verdict_at(results: ComparisonResults, difference: Difference | None) -> Verdict | None:
    """What an interval supports; None where there is none."""
    if difference is None:
        return None
    return verdict_of(difference.low, difference.high, results.request.evaluation.practical_effect)


def accuracy_of(arm: ArmRecord) -> float | None:
    """The mean over its seeds, a fraction; None where none finished."""
    return mean_of([record.accuracy for record in arm.seeds.values()])


def told(name: str, levels: Sequence[Level], unit: str, of_difference: str) -> str:
    """What a candidate does over the levels, ascending: no direction that an interval does not show.

    Args:
        name: the candidate's.
        levels: in ascending order.
        unit: of the levels, in the plural, such as epochs.
        of_difference: the unit of their differences, such as points.
    """
    measured = [level for level in levels if level.verdict is not None]
    if not measured:
        return f"{name}: nothing was measured, because too few trials gave a result."
    groups = [(verdict, list(group)) for verdict, group in groupby(measured, key=lambda level: level.verdict)]
    said = []
    for at, (verdict, group) in enumerate(groups):
        assert verdict is not None, "those without were left out"
        named = joined([level.said for level in group]) + ("" if at else f" {unit}")
        said.append(f"{_DOES[verdict]} at {named}{_figures(group, of_difference)}")
    return f"{name} {joined(said)}.{_turn(measured, unit)}"


def _figures(group: Sequence[Level], unit: str) -> str:
    """The mean differences of a group, where they are shown to be any."""
    if group[0].verdict not in (Verdict.HELPS, Verdict.HURTS):
        return ""
    return f" ({joined([f'{level.difference.mean:+.1f}' for level in group if level.difference])} {unit})"


def _turn(measured: Sequence[Level], unit: str) -> str:
    """Between which levels the direction turns, where both directions are shown."""
    shown = [level for level in measured if level.verdict in (Verdict.HELPS, Verdict.HURTS)]
    turns = [(one, other) for one, other in pairwise(shown) if one.verdict is not other.verdict]
    return "".join(f" It turns somewhere between {one.said} and {other.said} {unit}." for one, other in turns)


_DOES = {
    Verdict.HELPS: "helps",
    Verdict.HURTS: "hurts",
    Verdict.EQUIVALENT: "makes no difference that matters",
    Verdict.INCONCLUSIVE: "is undecided",
}
