"""What to use instead: the best candidate without what harms, and with what is left at a strength that is safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api_schemas.augmentation import PREPROCESSING_FIELDS, ImageDataGeneratorSpec
from api_schemas.plans import BASELINE
from api_schemas.recommendations import Change, RecommendedSpec
from augury.evidence.dose_response import Shape, random_values, with_values
from augury.evidence.recommendation.parameter_choices import Choice, RankedCandidate, choices_for
from augury.evidence.safe_ranges import THRESHOLD
from augury.evidence.statistics.claims import means_at_equal_seeds, shown_direction
from augury.evidence.wording import change, points, preprocessing_in_words, quoted, valued
from augury.planning.attribution_arms import RANDOM_PARAMETERS, without
from augury.wording import joined

_NOT_COMPARED = "No candidate finished on enough seeds to be compared; nothing but the baseline can be recommended."
_NOT_LEARNED = (
    "The baseline's models have learned no more than to name the most frequent class, so nothing is known of what "
    "transforms do here, and none is recommended."
)


def recommend(candidates: Sequence[RankedCandidate], baseline: ImageDataGeneratorSpec, shape: Shape) -> RecommendedSpec:
    """The spec to try on fresh seeds, with a reason for everything that it changes.

    It starts from the candidate with the highest mean at equal seeds. That one's preprocessing stays where the interval
    of its difference to the baseline's lies above zero. Its random transforms stay as they are where they are shown to
    gain; where the baseline hardly overfits, all go; otherwise every one that any candidate has is capped to a strength
    at which all together, if they act independently, keep the affinity at the threshold: of n that cost something, each
    keeps the n-th root of it.

    Args:
        candidates: the candidates, in the report's order.
        baseline: the baseline's spec.
        shape: height, width, channels of the images.
    """
    ranked = _ranked(candidates)
    if not ranked:
        return _baseline_alone(baseline, _NOT_COMPARED)
    best = ranked[0]
    if best.why is not None and not best.why.baseline_learned:
        return _baseline_alone(baseline, _NOT_LEARNED)
    preprocessing, why_preprocessing = _preprocessing(best, baseline)
    choices = choices_for(ranked, shape)
    values = {name: choice.value for name, choice in choices.items() if choice.value is not None}
    spec = with_values(without(_with_preprocessing(best.spec, preprocessing), *RANDOM_PARAMETERS), values)
    if not values:
        spec = preprocessing
    reasons = {name: choice.reason for name, choice in choices.items()}
    reasons |= dict.fromkeys(PREPROCESSING_FIELDS, why_preprocessing)
    is_worth_it = bool(values) or preprocessing.preprocessing() != baseline.preprocessing()
    return RecommendedSpec(
        starts_from=best.name if is_worth_it else BASELINE,
        spec=spec,
        changes=_changes(best.spec, spec, reasons) if is_worth_it else [],
        is_no_augmentation=not values,
        sentence=_sentence(best, preprocessing, values, _why_none(best, choices)),
    )


def _ranked(candidates: Sequence[RankedCandidate]) -> list[RankedCandidate]:
    """Those that have a difference, by their means on the seeds that all of them have, highest first."""
    means = means_at_equal_seeds([each.difference for each in candidates])
    compared = [(mean, each) for mean, each in zip(means, candidates, strict=True) if mean is not None]
    return [each for _, each in sorted(compared, key=lambda pair: -pair[0])]


def _baseline_alone(baseline: ImageDataGeneratorSpec, sentence: str) -> RecommendedSpec:
    return RecommendedSpec(
        starts_from=BASELINE,
        spec=baseline,
        changes=[],
        is_no_augmentation=True,
        sentence=sentence,
    )


def _preprocessing(best: RankedCandidate, baseline: ImageDataGeneratorSpec) -> tuple[ImageDataGeneratorSpec, str]:
    """The candidate's preprocessing where it is shown to gain, else the baseline's; and what the difference was."""
    difference = best.preprocessing_difference
    if difference is None:
        return baseline.preprocessing(), "the baseline's preprocessing is kept"
    said = f"preprocessing alone {change(difference, best.difference)}"
    if difference.low <= 0:
        return baseline.preprocessing(), f"the baseline's preprocessing is kept: {best.name}'s {said}"
    return best.spec.preprocessing(), f"its {said}"


def _with_preprocessing(spec: ImageDataGeneratorSpec, half: ImageDataGeneratorSpec) -> ImageDataGeneratorSpec:
    if spec.preprocessing() == half.preprocessing():
        return spec
    fields = {name: getattr(half, name) for name in PREPROCESSING_FIELDS if name in half.model_fields_set}
    return with_values(without(spec, *PREPROCESSING_FIELDS), fields)


def _changes(before: ImageDataGeneratorSpec, after: ImageDataGeneratorSpec, reasons: Mapping[str, str]) -> list[Change]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    meaningful = {*random_values(before), *random_values(after), *_preprocessing_changes(before, after)}
    return [
        Change(parameter=name, before=old[name], after=new[name], reason=reasons[name])
        for name in old
        if name in meaningful and name in reasons and old[name] != new[name]
    ]


def _preprocessing_changes(before: ImageDataGeneratorSpec, after: ImageDataGeneratorSpec) -> set[str]:
    halves = [spec.preprocessing().model_dump(mode="json") for spec in (before, after)]
    return {name for name in PREPROCESSING_FIELDS if halves[0][name] != halves[1][name]}


def _why_none(best: RankedCandidate, choices: Mapping[str, Choice]) -> str:
    """Why no random transform is left, with those that share a reason together."""
    if not choices:
        return f"{quoted(best.name)} has no random transform"
    reasons = list(dict.fromkeys(choice.reason for choice in choices.values()))
    named = [(joined([name for name in choices if choices[name].reason == reason]), reason) for reason in reasons]
    return "; ".join(f"{names}: {reason}" for names, reason in named)


def _sentence(
    best: RankedCandidate, preprocessing: ImageDataGeneratorSpec, values: Mapping[str, Any], why_none: str
) -> str:
    half = preprocessing_in_words(preprocessing)
    if not values:
        return f"Use no augmentation, only {half}. The transforms of the best candidate: {why_none}."
    transforms = joined([valued(name, value) for name, value in values.items()])
    helped = best.augmentation_difference
    if helped is not None and shown_direction(helped, best.difference) > 0:
        return f"Use {transforms}, with {half}: these transforms gained {points(helped.mean)} as they are."
    return (
        f"Try {transforms}, with {half}: strengths at which the baseline's models should still recognise the images "
        f"(an affinity of {THRESHOLD:g} with all together, if they act independently)."
    )
