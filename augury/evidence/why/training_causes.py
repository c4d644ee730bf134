"""Causes that show in the training of the arms: each rule looks at one and says it, or nothing."""

from __future__ import annotations

from api_schemas.reports.evidence import Cause, ClassEffect, SingleSeeds
from api_schemas.reports.report import Verdict
from augury.evidence.why.diagnosis import CandidateDiagnosis
from augury.evidence.wording import change, percent, preprocessing_in_words, quoted, span
from augury.wording import joined

_NOTABLE_FLIP = 0.03
_MAX_LISTED = 3
_SYMPTOM = 0.5
"""Of its share of the difference: where a loss shows comes after what it is due to."""


def undecided(diagnosis: CandidateDiagnosis) -> Cause | None:
    """What would settle an inconclusive verdict."""
    needed, difference = diagnosis.results.needed, diagnosis.results.difference
    if needed is None or difference is None:
        return None
    width = (difference.high - difference.low) / 2
    return Cause(kind="verdict", text=needed.sentence, strength=width, evidence=diagnosis.pointer("needed"))


def preprocessing(diagnosis: CandidateDiagnosis) -> Cause | None:
    """What the deterministic half does by itself."""
    difference, whole = diagnosis.results.preprocessing_difference, diagnosis.results.difference
    if difference is None or not diagnosis.has_own_preprocessing:
        return None
    mine, theirs = diagnosis.results.arm.spec, diagnosis.results.baseline.spec
    text = (
        f"Its preprocessing alone ({preprocessing_in_words(mine)}{_raw_values(diagnosis)}; the baseline: "
        f"{preprocessing_in_words(theirs)}) {change(difference, whole)}."
    )
    return Cause(
        kind="preprocessing", text=text, strength=abs(difference.mean), evidence=diagnosis.pointer("preprocessing")
    )


def _raw_values(diagnosis: CandidateDiagnosis) -> str:
    """Said where the model is left with raw values and the baseline is not."""
    probes = diagnosis.results.probes
    half = diagnosis.results.arm.spec.preprocessing()
    is_raw = half == type(half)(dtype=half.dtype, data_format=half.data_format)
    if not probes or not is_raw or probes[0].value_range == probes[0].seen_range:
        return ""
    low, high = (min(p.seen_range[0] for p in probes), max(p.seen_range[1] for p in probes))
    raw = (min(p.value_range[0] for p in probes), max(p.value_range[1] for p in probes))
    return f", so that it trains on raw values of {span(*raw)} where the baseline sees {span(low, high)}"


def augmentation(diagnosis: CandidateDiagnosis) -> Cause | None:
    """What the random half does, preprocessing apart."""
    difference, whole = diagnosis.results.augmentation_difference, diagnosis.results.difference
    if difference is None or not diagnosis.results.arm.spec.has_augmentation:
        return None
    against = "the same preprocessing without them" if diagnosis.has_own_preprocessing else "the baseline"
    text = f"Its random transforms: training with them {change(difference, whole)} against {against}."
    return Cause(
        kind="augmentation", text=text, strength=abs(difference.mean), evidence=diagnosis.pointer("augmentation")
    )


def losing_classes(diagnosis: CandidateDiagnosis) -> Cause | None:
    """The classes that lose significantly."""
    return _classes(diagnosis, -1, "Loses most on")


def winning_classes(diagnosis: CandidateDiagnosis) -> Cause | None:
    """The classes that gain significantly."""
    return _classes(diagnosis, 1, "Gains most on")


def _classes(diagnosis: CandidateDiagnosis, sign: int, opening: str) -> Cause | None:
    known = [each for each in diagnosis.classes if each.significant and sign * (each.difference or 0) > 0]
    if not known:
        return None
    ranked = sorted(known, key=lambda each: -abs(each.difference or 0))
    others = len(ranked) - _MAX_LISTED
    more = f" ({others} more classes change significantly in this direction)" if others > 0 else ""
    text = f"{opening} {joined([_class_in_words(each) for each in ranked[:_MAX_LISTED]])}{more}."
    worst = list(diagnosis.classes).index(ranked[0])
    strength = _SYMPTOM * sum(abs(each.difference or 0) for each in ranked[:_MAX_LISTED]) / len(diagnosis.classes)
    if sign < 0 and diagnosis.results.verdict is not Verdict.HURTS:
        strength = max(abs(each.difference or 0) for each in ranked)  # what the verdict hides is told first
    return Cause(kind="class", text=text, strength=strength, evidence=diagnosis.pointer("why", "classes", worst))


def _class_in_words(effect: ClassEffect) -> str:
    assert effect.baseline_accuracy is not None
    assert effect.candidate_accuracy is not None
    figures = f"{percent(effect.baseline_accuracy)} to {percent(effect.candidate_accuracy)}"
    return f"{quoted(effect.class_name)} ({figures})"


def grown_confusions(diagnosis: CandidateDiagnosis) -> Cause | None:
    """What its trained models confuse more often than the baseline's."""
    grown = [flip for flip in diagnosis.flips if flip.candidate_share - flip.baseline_share >= _NOTABLE_FLIP]
    if not grown or not diagnosis.classes:
        return None
    told = [
        f"{quoted(flip.source)} for {quoted(flip.target)} ({percent(flip.candidate_share)} of them, the baseline "
        f"{percent(flip.baseline_share)})"
        for flip in grown[:_MAX_LISTED]
    ]
    growth = sum(flip.candidate_share - flip.baseline_share for flip in grown[:_MAX_LISTED])
    text = f"In these trials, models trained with it took {joined(told)}."
    strength = _SYMPTOM * 100 * growth / len(diagnosis.classes)
    return Cause(kind="flip", text=text, strength=strength, evidence=diagnosis.pointer("why", "flips", 0))


def single_seeds(diagnosis: CandidateDiagnosis) -> Cause | None:
    """What can happen on one seed: said of every candidate, and loudly where a run collapsed."""
    seeds = diagnosis.single_seeds
    if seeds is None:
        return None
    ties = "" if (seeds.ahead * seeds.seeds).is_integer() else ", a tie counting half"
    worst = "; on its worst seed" if seeds.worst_difference < 0 else "; even on its worst seed"
    text = (
        f"Seed by seed it was ahead of the baseline on {seeds.ahead * seeds.seeds:g} of {seeds.seeds}{ties} (exact "
        f"95% interval for the share of seeds: {percent(seeds.ahead_low)} to {percent(seeds.ahead_high)}){worst}, "
        f"{seeds.worst_seed}, the difference was {seeds.worst_difference:+.1f} points. {_collapses(seeds)}"
    )
    strength = abs(seeds.worst_difference) if 0 < len(seeds.collapsed) < seeds.seeds else 0.0
    return Cause(kind="seeds", text=text, strength=strength, evidence=diagnosis.pointer("why", "single_seeds"))


def _collapses(seeds: SingleSeeds) -> str:
    high = percent(seeds.collapse_share_high)
    if not seeds.collapsed:
        return f"None of its {seeds.seeds} runs collapsed; that up to {high} of runs would is not excluded by so many."
    return (
        f"{len(seeds.collapsed)} of its {seeds.seeds} runs collapsed to less than half of what the baseline knows "
        f"beyond guessing, which the interval of the mean does not show; up to {high} of runs may."
    )
