"""Causes that show in how the arms learned: whether they did, how well they fit, and whether they were done."""

from __future__ import annotations

from api_schemas.reports.evidence import Cause
from augury.evidence.arm_results import SeedRecord
from augury.evidence.why.affinity import mean_of
from augury.evidence.why.diagnosis import NOTABLE_GAP, CandidateDiagnosis
from augury.evidence.why.learning import hardly_learned_below, has_learned, is_cut_short, most_frequent_share
from augury.evidence.wording import percent, points

_NOTABLE_DIVERSITY = 1.5


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
    guessing = most_frequent_share(_records(diagnosis))
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
    if diagnosis.augmentation_direction < 0:
        text = (
            f"Its models fit even the clean training images worse: {percent(mine)} instead of {percent(theirs)}. The "
            f"transforms make the task harder than this model learns in these epochs; overfitting is not the trouble."
        )
    else:
        text = f"In these trials its models knew {percent(mine)} of the clean training images, not {percent(theirs)}."
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
    opening = (
        "Overfitting shrinks" if diagnosis.augmentation_direction > 0 else "In these trials overfitting was smaller"
    )
    text = (
        f"{opening}: accuracy on clean training images is {points(gap)} above that on validation images, "
        f"and {points(baseline_gap)} without it."
    )
    strength = 0.9 * min(diagnosis.augmentation_points, closed)
    return Cause(kind="gap", text=text, strength=strength, evidence=diagnosis.pointer("why", "generalisation_gap"))


def little_to_gain(diagnosis: CandidateDiagnosis) -> Cause | None:
    """A baseline that does not overfit leaves random transforms nothing to cure."""
    gap = diagnosis.baseline_gap
    if gap is None or gap >= NOTABLE_GAP or diagnosis.augmentation_points > 0 or not _has_transforms(diagnosis):
        return None
    if not has_learned(diagnosis.results.baseline):
        return None
    if is_cut_short(diagnosis.results.baseline):
        text = (
            f"The baseline's gap of {max(0.0, gap):.1f} points between clean training and validation images is that of "
            "an unfinished training: it underfits, which says nothing of what transforms could win in a longer one."
        )
    else:
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
        f"{len(theirs)}); with more epochs the result may be another."
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


def _records(diagnosis: CandidateDiagnosis) -> list[SeedRecord]:
    return list(diagnosis.results.arm.seeds.values())


def _total(diagnosis: CandidateDiagnosis) -> float:
    return 0.0 if diagnosis.results.difference is None else diagnosis.results.difference.mean


def _has_transforms(diagnosis: CandidateDiagnosis) -> bool:
    return diagnosis.results.arm.spec.has_augmentation and not all(effect.no_effect for effect in diagnosis.effects)


def _arms_pointer() -> str:
    return "/arms"
