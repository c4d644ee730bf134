"""Causes that show in the training of the arms: each rule looks at one and says it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from api_schemas.reports.evidence import Cause, ClassEffect
from augury.evidence.arm_results import SeedRecord
from augury.evidence.why.affinity import mean_of
from augury.evidence.why.diagnosis import NOTABLE_GAP, CandidateDiagnosis, hardly_learned_below
from augury.evidence.wording import change, percent, points, preprocessing_in_words, quoted, span
from augury.wording import joined

_NOTABLE_DIVERSITY = 1.5
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
    difference = diagnosis.results.preprocessing_difference
    if difference is None or not diagnosis.has_own_preprocessing:
        return None
    mine, theirs = diagnosis.results.arm.spec, diagnosis.results.baseline.spec
    text = (
        f"Its preprocessing alone ({preprocessing_in_words(mine)}{_raw_values(diagnosis)}; the baseline: "
        f"{preprocessing_in_words(theirs)}) {change(difference)}."
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
    difference = diagnosis.results.augmentation_difference
    if difference is None or not diagnosis.results.arm.spec.has_augmentation:
        return None
    against = "the same preprocessing without them" if diagnosis.has_own_preprocessing else "the baseline"
    text = f"Its random transforms: training with them {change(difference)} against {against}."
    return Cause(
        kind="augmentation", text=text, strength=abs(difference.mean), evidence=diagnosis.pointer("augmentation")
    )


def diverged(diagnosis: CandidateDiagnosis) -> Cause | None:
    """Trials whose loss stopped being finite."""
    seeds = _records(diagnosis)
    count = sum(record.diverged for record in seeds)
    if not count:
        return None
    text = f"The loss stopped being finite in {count} of {len(seeds)} trials, which ended their training."
    strength = abs(_total(diagnosis)) * count / len(seeds)
    return Cause(kind="diverged", text=text, strength=strength, evidence=_arms_pointer())


def hardly_learned(diagnosis: CandidateDiagnosis) -> Cause | None:
    """Models that do not even know the clean images that they were trained on."""
    clean = mean_of([record.clean_training_accuracy for record in _records(diagnosis)])
    if clean is None or _total(diagnosis) >= 0:
        return None
    guessing = _most_frequent_share(_records(diagnosis))
    if clean >= hardly_learned_below(guessing):
        return None
    text = (
        f"Its models hardly learned anything: they recognise {percent(clean)} of their own training images without "
        f"augmentation, and always naming the most frequent class would get {percent(guessing)}."
    )
    return Cause(
        kind="gap", text=text, strength=0.98 * (diagnosis.loss or -_total(diagnosis)), evidence=_arms_pointer()
    )


def underfitting(diagnosis: CandidateDiagnosis) -> Cause | None:
    """Clean training images are fitted worse than by the baseline: the task became too hard, not the data too few."""
    mine, theirs = (
        mean_of([record.clean_training_accuracy for record in arm.seeds.values()])
        for arm in (diagnosis.results.arm, diagnosis.results.preprocessing)
    )
    if mine is None or theirs is None or not diagnosis.loss:
        return None
    drop = 100 * (theirs - mine)
    if drop < NOTABLE_GAP or hardly_learned(diagnosis) is not None:
        return None
    text = (
        f"Its models fit even the clean training images worse: {percent(mine)} instead of {percent(theirs)}. The "
        f"transforms make the task harder than this model learns in these epochs; overfitting is not the trouble."
    )
    evidence = diagnosis.pointer("why", "generalisation_gap")
    return Cause(kind="gap", text=text, strength=0.9 * min(diagnosis.loss, drop), evidence=evidence)


def smaller_gap(diagnosis: CandidateDiagnosis) -> Cause | None:
    """Less overfitting, where the random half helps."""
    gap, baseline_gap = diagnosis.gap, diagnosis.baseline_gap
    if gap is None or baseline_gap is None or diagnosis.augmentation_points <= 0:
        return None
    closed = baseline_gap - gap
    if closed < NOTABLE_GAP:
        return None
    text = (
        f"Overfitting shrinks: accuracy on clean training images is {points(gap)} above that on validation images, "
        f"and {points(baseline_gap)} without it."
    )
    strength = 0.9 * min(diagnosis.augmentation_points, closed)
    return Cause(kind="gap", text=text, strength=strength, evidence=diagnosis.pointer("why", "generalisation_gap"))


def little_to_gain(diagnosis: CandidateDiagnosis) -> Cause | None:
    """A baseline that does not overfit leaves random transforms nothing to cure."""
    gap = diagnosis.baseline_gap
    if gap is None or gap >= NOTABLE_GAP or diagnosis.augmentation_points > 0 or not _has_transforms(diagnosis):
        return None
    text = (
        f"The baseline overfits by only {max(0.0, gap):.1f} points (clean training minus validation accuracy), so "
        "there is little that random transforms could win."
    )
    evidence = diagnosis.pointer("why", "baseline_generalisation_gap")
    return Cause(kind="baseline", text=text, strength=0.3 * diagnosis.loss, evidence=evidence)


def short_training(diagnosis: CandidateDiagnosis) -> Cause | None:
    """Arms that were still getting better: an augmented arm learns slower, and a short budget is a cause of its own."""
    mine, theirs = _records(diagnosis), list(diagnosis.results.baseline.seeds.values())
    count, of_baseline = (sum(record.still_improving for record in records) for records in (mine, theirs))
    if count <= len(mine) / 2:
        return None
    text = (
        f"{count} of its {len(mine)} trials were still improving when their epochs ended (baseline: {of_baseline} of "
        f"{len(theirs)}); with more epochs it may do better than this."
    )
    strength = 0.2 * diagnosis.loss * count / len(mine)
    return Cause(
        kind="still_improving", text=text, strength=strength, evidence=diagnosis.pointer("why", "still_improving")
    )


def diversity(diagnosis: CandidateDiagnosis) -> Cause | None:
    """How much harder the training images became."""
    ratio = diagnosis.diversity
    if ratio is None or ratio < _NOTABLE_DIVERSITY or not _has_transforms(diagnosis):
        return None
    losses = [
        mean_of([record.final_training_loss for record in arm.seeds.values()])
        for arm in (diagnosis.results.arm, diagnosis.results.baseline)
    ]
    text = (
        f"Its training images are more varied and harder to learn: the training loss ends at {losses[0]:.2g}, the "
        f"baseline's at {losses[1]:.2g} (diversity {ratio:.3g})."
    )
    strength = 0.1 * abs(diagnosis.augmentation_points)
    return Cause(kind="diversity", text=text, strength=strength, evidence=diagnosis.pointer("why", "diversity"))


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
    text = f"Trained with it, models more often take {joined(told)}."
    strength = _SYMPTOM * 100 * growth / len(diagnosis.classes)
    return Cause(kind="flip", text=text, strength=strength, evidence=diagnosis.pointer("why", "flips", 0))


def _records(diagnosis: CandidateDiagnosis) -> list[SeedRecord]:
    return list(diagnosis.results.arm.seeds.values())


def _total(diagnosis: CandidateDiagnosis) -> float:
    return 0.0 if diagnosis.results.difference is None else diagnosis.results.difference.mean


def _has_transforms(diagnosis: CandidateDiagnosis) -> bool:
    return diagnosis.results.arm.spec.has_augmentation and not all(effect.no_effect for effect in diagnosis.effects)


def _most_frequent_share(records: Sequence[SeedRecord]) -> float:
    labels = np.concatenate([record.labels for record in records])
    return float(np.bincount(labels).max() / len(labels))


def _arms_pointer() -> str:
    return "/arms"
