"""The whole report in a few sentences: what each candidate does and chiefly why, and what there is to win at all."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.evidence import Cause
from api_schemas.reports.report import CandidateReport, RecommendationReport, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.why.affinity import mean_of
from augury.evidence.why.diagnosis import NOTABLE_GAP, gap_of
from augury.evidence.wording import percent, points, quoted

_TOLD = ("parameter", "preprocessing", "no_effect", "diverged", "gap")
"""Kinds of causes that say more than that there is a difference."""
_MAX_TOLD = 3


def summarise(
    candidates: Sequence[CandidateReport],
    baseline: ArmRecord,
    practical_effect: float,
    recommendation: RecommendationReport | None = None,
) -> list[Cause]:
    """The report in sentences, strongest first; the evidence of each is a JSON pointer into the report.

    Args:
        candidates: as the report has them, with their ``why`` where there is one.
        baseline: the baseline's trials.
        practical_effect: the smallest difference that matters, points.
        recommendation: what was tried instead, where it was.
    """
    causes = [_candidate(index, candidate) for index, candidate in enumerate(candidates)]
    extra = [_best(candidates, baseline), _headroom(baseline, practical_effect), _recommended(recommendation)]
    return sorted([*causes, *filter(None, extra)], key=lambda cause: -cause.strength)


def _candidate(index: int, candidate: CandidateReport) -> Cause:
    causes = [] if candidate.why is None else candidate.why.causes
    told = [cause.text for cause in causes if cause.kind in _TOLD and cause.strength > 0][:_MAX_TOLD]
    return Cause(
        kind="verdict",
        text=" ".join([candidate.sentence, *told]),
        strength=abs(_mean(candidate)),
        evidence=f"/candidates/{index}",
    )


def _best(candidates: Sequence[CandidateReport], baseline: ArmRecord) -> Cause | None:
    """Which candidate came out on top, and whether that means anything."""
    compared = [(index, each) for index, each in enumerate(candidates) if each.difference is not None]
    accuracy = mean_of([record.accuracy for record in baseline.seeds.values()])
    if len(compared) < 2 or accuracy is None:
        return None
    index, best = max(compared, key=lambda each: _mean(each[1]))
    helpful = [each for _, each in compared if each.verdict == Verdict.HELPS]
    shown = "" if helpful else " No candidate is shown to help."
    mine = accuracy + _mean(best) / 100
    figures = f"with {100 * mine:.1f}%; the baseline has {100 * accuracy:.1f}%"
    text = f"Best of the candidates is {quoted(best.name)} {figures}."
    return Cause(kind="verdict", text=text + shown, strength=abs(_mean(best)), evidence=f"/candidates/{index}")


def _headroom(baseline: ArmRecord, practical_effect: float) -> Cause | None:
    """A baseline that leaves nothing to win, or that does not overfit."""
    accuracy, gap = mean_of([record.accuracy for record in baseline.seeds.values()]), gap_of(baseline)
    if accuracy is None or gap is None:
        return None
    room = 100 * (1 - accuracy)
    if room < practical_effect:
        text = f"The baseline is right on {percent(accuracy)} already: no more than {points(room)} can be won at all."
    elif gap < NOTABLE_GAP:
        text = (
            f"The baseline overfits by only {max(0.0, gap):.1f} points (clean training minus validation accuracy): "
            "random transforms have little to win here; a larger model or longer training may have more."
        )
    else:
        return None
    return Cause(kind="baseline", text=text, strength=0.0, evidence="/arms/0")


def _recommended(recommendation: RecommendationReport | None) -> Cause | None:
    if recommendation is None:
        return None
    difference = recommendation.against_baseline
    strength = 0.0 if difference is None else abs(difference.mean)
    return Cause(
        kind="verdict",
        text=f"{recommendation.recommended.sentence} {recommendation.sentence}",
        strength=strength,
        evidence="/recommendation",
    )


def _mean(candidate: CandidateReport) -> float:
    return 0.0 if candidate.difference is None else candidate.difference.mean
