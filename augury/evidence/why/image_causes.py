"""Causes that show in the images and in what the baseline's models take them for, without any training."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.evidence import Cause
from augury.evidence.dose_response import FLIPS, SHIFTS
from augury.evidence.safe_ranges import THRESHOLD
from augury.evidence.why.attribution import ParameterFacts, damage_of
from augury.evidence.why.diagnosis import CandidateDiagnosis
from augury.evidence.wording import number, percent, quoted, rough, seen, valued
from augury.wording import joined

_NOTABLE_SHARE = 0.03
_NOTABLE_MISTAKE = 0.1
_NOTABLE_INVENTED = 0.1
_MAX_MISTAKES = 3


def affinity(diagnosis: CandidateDiagnosis) -> Cause | None:
    """How well the baseline's models recognise images with all its transforms together."""
    measured = diagnosis.affinity
    if measured is None or all(effect.no_effect for effect in diagnosis.effects):
        return None
    shown = _mean([probe.judged.accuracy for probe in diagnosis.own_probes])
    clean = _mean([judged.accuracy for judged in diagnosis.clean])
    figures = f"{percent(shown)} instead of {percent(clean)} (affinity {measured.value:.2f})"
    if measured.high < THRESHOLD:
        text = (
            f"With all its transforms together, the baseline's models are right on {figures}: to them, many of these "
            "images no longer look like their class."
        )
    else:
        text = f"Its images stay recognisable: the baseline's models are right on {figures}."
    strength = 0.95 * diagnosis.loss * min(1.0, max(0.0, 1 - measured.value))
    return Cause(kind="affinity", text=text, strength=strength, evidence=diagnosis.pointer("why", "affinity"))


def parameters(diagnosis: CandidateDiagnosis) -> list[Cause]:
    """The transforms whose images the baseline's models no longer recognise, each alone; both shifts together."""
    if not diagnosis.loss:
        return []
    groups = [[facts] for facts in diagnosis.parameters if facts.effect.parameter not in SHIFTS]
    shifts = [facts for facts in diagnosis.parameters if facts.effect.parameter in SHIFTS]
    causes = [_damage(diagnosis, group) for group in [*groups, shifts] if _share(group) >= _NOTABLE_SHARE]
    return sorted(causes, key=lambda cause: -cause.strength)


def _share(group: Sequence[ParameterFacts]) -> float:
    return sum(facts.effect.damage_share or 0.0 for facts in group)


def _damage(diagnosis: CandidateDiagnosis, group: Sequence[ParameterFacts]) -> Cause:
    share = _share(group)
    names = joined([valued(facts.effect.parameter, facts.effect.value) for facts in group])
    right = joined([percent(facts.accuracy) for facts in group])
    verb, alone = ("account", "either of these alone") if len(group) > 1 else ("accounts", "this alone")
    part = "all" if share > 1 - _NOTABLE_SHARE else f"about {percent(share)}"
    affinities = joined([f"{facts.effect.affinity:.2f}" for facts in group])
    text = (
        f"{names} {verb} for {part} of what the baseline's models, which were not trained on it, misrecognise of its "
        f"transforms one by one: shown images with {alone}, they are right on {right} instead of "
        f"{percent(group[0].clean_accuracy)} (affinity {affinities}){_mistakes(diagnosis, group)}.{_trained(group)}"
    )
    first = diagnosis.effects.index(group[0].effect)
    return Cause(
        kind="parameter",
        text=text,
        strength=diagnosis.loss * share,
        evidence=diagnosis.pointer("why", "parameters", first),
    )


def _trained(group: Sequence[ParameterFacts]) -> str:
    """What training with each alone gave, where a full attribution trained that."""
    told = [
        f"{facts.effect.parameter} {seen(facts.effect.trained_alone)}"
        for facts in group
        if facts.effect.trained_alone is not None
    ]
    return f" Trained alone, {joined(told)}." if told else ""


def _mistakes(diagnosis: CandidateDiagnosis, group: Sequence[ParameterFacts]) -> str:
    """What is taken for what, where single pairs stand out; only for flips, which turn one class into another."""
    facts = group[0]
    if facts.effect.parameter not in FLIPS:
        return ""
    names = diagnosis.results.class_names
    told = [
        f"{percent(share)} of {quoted(names[source])} for {quoted(names[target])}"
        for source, target, share in facts.mistakes[:_MAX_MISTAKES]
        if share >= _NOTABLE_MISTAKE
    ]
    return f". They take {joined(told)}, and only about half of the images are mirrored" if told else ""


def invented_pixels(diagnosis: CandidateDiagnosis) -> Cause | None:
    """How much of a picture is made up, and how much of the source is lost."""
    invented, kept = diagnosis.invented_share, diagnosis.kept_share
    if invented is None or kept is None or invented < _NOTABLE_INVENTED:
        return None
    text = (
        f"On average {percent(invented)} of the pixels that it trains on are invented (fill_mode "
        f"{diagnosis.results.arm.spec.fill_mode}), and {percent(kept)} of the source image is still in the picture."
    )
    return Cause(
        kind="invented_pixels",
        text=text,
        strength=0.5 * diagnosis.loss * invented,
        evidence=diagnosis.pointer("why", "invented_share"),
    )


def safe_ranges(diagnosis: CandidateDiagnosis) -> Cause | None:
    """How strong its parameters may be."""
    told = [
        f"{effect.parameter} {rough(effect.safe_value)} instead of {number(effect.value)}"
        if effect.safe_value is not None
        else f"{effect.parameter} not at all"
        for effect in diagnosis.effects
        if damage_of(effect) and effect.safe_value != effect.value
    ]
    if not told:
        return None
    text = f"Each alone would keep an affinity of {THRESHOLD:g} up to: {joined(told)}."
    return Cause(
        kind="range", text=text, strength=0.05 * diagnosis.loss, evidence=diagnosis.pointer("why", "parameters", 0)
    )


def no_effects(diagnosis: CandidateDiagnosis) -> list[Cause]:
    """The transforms that leave images as they are, or as good as."""
    return [
        Cause(
            kind="no_effect",
            text=_nothing(facts, diagnosis),
            strength=0.0,
            evidence=diagnosis.pointer("why", "parameters", index),
        )
        for index, facts in enumerate(diagnosis.parameters)
        if facts.effect.no_effect
    ]


def _nothing(facts: ParameterFacts, diagnosis: CandidateDiagnosis) -> str:
    parameter, value = facts.effect.parameter, number(facts.effect.value)
    if facts.is_cancelled:
        return (
            f"{parameter} {value} is undone by its own samplewise normalisation: it changes raw images by "
            f"{percent(facts.drawn_change)} of their standard deviation, and what the model sees by "
            f"{percent(facts.seen_change)}."
        )
    because = {
        "channel_shift_range": f"it adds at most {value} to values of up to {_highest(diagnosis):.3g}, and ",
        "shear_range": "it is in degrees, and ",
    }.get(parameter, "it ")
    return (
        f"{parameter} {value} does as good as nothing: {because}changes the pixels by {percent(facts.seen_change)} of "
        "their standard deviation."
    )


def _highest(diagnosis: CandidateDiagnosis) -> float:
    return max(probe.value_range[1] for probe in diagnosis.results.probes)


def nothing_but_preprocessing(diagnosis: CandidateDiagnosis) -> Cause | None:
    """A spec whose random half does nothing is its preprocessing."""
    if not diagnosis.effects or not all(effect.no_effect for effect in diagnosis.effects):
        return None
    is_preprocessing = diagnosis.has_own_preprocessing
    rest = "what it changes is its preprocessing" if is_preprocessing else "it is the baseline under another name"
    text = f"None of its random transforms changes the images that the model sees by a noticeable amount: {rest}."
    strength = 0.9 * abs(diagnosis.preprocessing_points)
    return Cause(kind="no_effect", text=text, strength=strength, evidence=diagnosis.pointer("why", "parameters"))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
