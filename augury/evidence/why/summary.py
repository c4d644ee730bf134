"""The whole report in a few sentences: what each candidate does and chiefly why, and what there is to win at all."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.evidence import Cause
from api_schemas.reports.report import CandidateReport, RecommendationReport, Verdict
from augury.evidence.arm_results import ArmRecord
from augury.evidence.metrics.arms import mean_of_metric
from augury.evidence.metrics.table import ACCURACY, Metric
from augury.evidence.statistics.claims import means_at_equal_seeds
from augury.evidence.why.affinity import mean_of
from augury.evidence.why.diagnosis import NOTABLE_GAP, gap_of
from augury.evidence.why.learning import has_learned, is_cut_short, nothing_learned
from augury.evidence.wording import percent, points, quoted

_TOLD = ("seeds", "parameter", "preprocessing", "no_effect", "diverged", "gap")
"""Kinds of causes that say more than that there is a difference."""
_MAX_TOLD = 3


def summarise(
    candidates: Sequence[CandidateReport],
    baseline: ArmRecord,
    practical_effect: float,
    recommendation: RecommendationReport | None = None,
    metric: Metric = ACCURACY,
) -> list[Cause]:
    """The report in sentences: what makes all others void, then candidates that ruin a class, then the strongest first.

    The evidence of each is a JSON pointer into the report.

    Args:
        candidates: as the report has them, with their ``why`` where there is one.
        baseline: the baseline's trials.
        practical_effect: the smallest difference that matters, points.
        recommendation: what was tried instead, where it was.
        metric: that decides.
    """
    told = [(candidate, _candidate(index, candidate)) for index, candidate in enumerate(candidates)]
    first = [cause for candidate, cause in told if candidate.losing_classes]
    others = [cause for candidate, cause in told if not candidate.losing_classes]
    extra = [
        _best(candidates, baseline, metric),
        _headroom(baseline, practical_effect, metric),
        _recommended(recommendation),
    ]
    return [
        *filter(None, [_void(baseline)]),
        *sorted(first, key=_by_strength),
        *sorted([*others, *filter(None, extra)], key=_by_strength),
    ]


def _by_strength(cause: Cause) -> float:
    return -cause.strength


def _void(baseline: ArmRecord) -> Cause | None:
    """A baseline whose models have learned nothing, beside which no difference means anything."""
    if has_learned(baseline):
        return None
    text = (
        f"The baseline's models have learned nothing: they are {nothing_learned(baseline)}. "
        "Until they do, no comparison tells what transforms are good for: train for longer, or with images of the "
        "classes in more equal numbers, and look at the dataset's warnings."
    )
    return Cause(kind="baseline", text=text, strength=100.0, evidence="/arms/0")


def _candidate(index: int, candidate: CandidateReport) -> Cause:
    causes = [] if candidate.why is None else candidate.why.causes
    told = [cause.text for cause in causes if cause.kind in _TOLD and cause.strength > 0][:_MAX_TOLD]
    return Cause(
        kind="verdict",
        text=" ".join([candidate.sentence, *told]),
        strength=abs(_mean(candidate)),
        evidence=f"/candidates/{index}",
    )


def _best(candidates: Sequence[CandidateReport], baseline: ArmRecord, metric: Metric) -> Cause | None:
    """Which candidate came out on top, and whether that means anything."""
    compared = [(index, each) for index, each in enumerate(candidates) if each.difference is not None]
    shared = set(baseline.seeds).intersection(*(each.difference.seeds for _, each in compared if each.difference))
    known = baseline.on_seeds(shared) if len(shared) > 1 else baseline
    value = _mean_by(known, metric)
    if len(compared) < 2 or value is None:
        return None
    means = means_at_equal_seeds([each.difference for _, each in compared])
    mean, (index, best) = max(
        ((mean, each) for mean, each in zip(means, compared, strict=True) if mean is not None), key=lambda pair: pair[0]
    )
    opening = "Best of the candidates is"
    if best.verdict is not Verdict.HELPS:
        opening = "The highest mean of the candidates in these trials is that of"
    is_any_shown = any(each.verdict is Verdict.HELPS for _, each in compared)
    shown = "" if is_any_shown else " No candidate is shown to help."
    mine = value - mean / 100 if metric.choice.traits.is_better_lower else value + mean / 100
    figures = f"{_written(mine, metric)}; the baseline has {_written(value, metric)}"
    text = f"{opening} {quoted(best.name)} with {figures}.{shown}"
    return Cause(kind="verdict", text=text, strength=abs(mean), evidence=f"/candidates/{index}")


def _mean_by(arm: ArmRecord, metric: Metric) -> float | None:
    if metric.is_accuracy:
        return mean_of([record.accuracy for record in arm.seeds.values()])
    return mean_of_metric(arm, metric.name)


def _written(value: float, metric: Metric) -> str:
    """A metric's value with its name; accuracy needs none."""
    if metric.is_accuracy:
        return f"{100 * value:.1f}%"
    written = f"{value:.3f} nats" if metric.choice.kind == "log_loss" else f"{100 * value:.1f}%"
    return f"{metric.choice.title} of {written}"


def _headroom(baseline: ArmRecord, practical_effect: float, metric: Metric) -> Cause | None:
    """A baseline that leaves nothing to win, or that does not overfit."""
    accuracy, gap = mean_of([record.accuracy for record in baseline.seeds.values()]), gap_of(baseline)
    if accuracy is None or gap is None or not has_learned(baseline):
        return None
    room = 100 * (1 - accuracy)
    if room < practical_effect and metric.is_accuracy:
        text = f"The baseline is right on {percent(accuracy)} already: no more than {points(room)} can be won at all."
    elif gap < NOTABLE_GAP and is_cut_short(baseline):
        text = (
            f"The baseline's gap of {max(0.0, gap):.1f} points (clean training minus validation accuracy) is that of "
            "an unfinished training: most of its trials were still improving. It underfits, which says nothing of what "
            "random transforms could win in a longer training."
        )
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
    rejected = recommendation.rejected
    difference = recommendation.against_baseline if rejected is None else rejected.against_baseline
    strength = 0.0 if difference is None else abs(difference.mean)
    return Cause(
        kind="verdict",
        text=f"{recommendation.recommended.sentence} {recommendation.sentence}",
        strength=strength,
        evidence="/recommendation",
    )


def _mean(candidate: CandidateReport) -> float:
    return 0.0 if candidate.difference is None else candidate.difference.mean
