"""What becomes of every random parameter in a recommendation: kept, capped or switched off, each with a reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.evidence import ParameterEffect, Why
from api_schemas.reports.report import Difference
from augury.evidence.dose_response import Shape, random_values
from augury.evidence.probe_results import Value
from augury.evidence.safe_ranges import THRESHOLD, safe_value
from augury.evidence.statistics.claims import shown_direction
from augury.evidence.why.attribution import damage_of
from augury.evidence.why.diagnosis import NOTABLE_GAP
from augury.evidence.wording import change, quoted, seen, valued

_ABOUT_ONE = ("brightness_range", "zoom_range")
_DIGITS = 2
_WORSE = -0.5
"""Points: a transform whose trials were below those without it by more than this does not stay."""
_NO_EFFECT = "no effect that a model could see"


@dataclass(frozen=True)
class RankedCandidate:
    """A candidate with what the report says of it."""

    name: str
    spec: ImageDataGeneratorSpec
    why: Why | None
    difference: Difference | None
    preprocessing_difference: Difference | None
    """None where it preprocesses like the baseline."""
    augmentation_difference: Difference | None


@dataclass(frozen=True)
class Choice:
    """A random parameter of the recommendation: its value, None where it is switched off, and the reason."""

    value: Value | None
    reason: str


def choices_for(ranked: Sequence[RankedCandidate], shape: Shape) -> dict[str, Choice]:
    """What becomes of every random parameter, by name.

    Args:
        ranked: the candidates that have a difference, best first; at least one.
        shape: height, width, channels of the images.
    """
    best = ranked[0]
    helped = best.augmentation_difference
    if helped is not None and shown_direction(helped, best.difference) > 0:
        return _what_helped(best, helped)
    gap = None if best.why is None or best.why.baseline_still_improving else best.why.baseline_generalisation_gap
    if gap is not None and gap < NOTABLE_GAP:
        reason = f"the baseline overfits by {max(0.0, gap):.1f} points only, so random transforms have little to win"
        return {name: Choice(None, reason) for name in random_values(best.spec)}
    return _capped(ranked, shape)


def _what_helped(best: RankedCandidate, helped: Difference) -> dict[str, Choice]:
    """The transforms as they are, but for those that did nothing, and those that training showed to be better left."""
    kept = f"training with the random transforms {change(helped)}"
    choices = {name: Choice(value, kept) for name, value in random_values(best.spec).items()}
    for effect in _effects(best):
        without_it = effect.trained_without
        if effect.no_effect:
            choices[effect.parameter] = Choice(None, _NO_EFFECT)
        elif without_it is not None and without_it < _WORSE:
            choices[effect.parameter] = Choice(None, f"training without it {seen(-without_it)}")
    return choices


def _capped(ranked: Sequence[RankedCandidate], shape: Shape) -> dict[str, Choice]:
    own = random_values(ranked[0].spec)
    offered = _offered(ranked)
    found = {name: _refused(effect) for name, (_, _, effect) in offered.items()}
    kept = [name for name, refused in found.items() if refused is None]
    costly = sum(damage_of(offered[name][2]) > 0 for name in kept)
    threshold = THRESHOLD ** (1 / max(1, costly))
    choices: dict[str, Choice] = {}
    for name, refused in found.items():
        source, value, effect = offered[name]
        choice = refused or _safe(name, value, effect, shape, threshold, costly)
        if name not in own and choice.value is not None:
            choice = Choice(choice.value, f"taken from {quoted(source)}: {choice.reason}")
        choices[name] = choice
    unknown = {name: Choice(None, "what it does could not be measured") for name in own if name not in found}
    return {name: choice for name, choice in (choices | unknown).items() if name in own or choice.value is not None}


def _offered(ranked: Sequence[RankedCandidate]) -> dict[str, tuple[str, Value, ParameterEffect]]:
    """(candidate, value, effect) of every random parameter, by name: of the best candidate where it does something."""
    offered: dict[str, tuple[str, Value, ParameterEffect]] = {}
    for candidate in ranked:
        values = random_values(candidate.spec)
        for effect in _effects(candidate):
            known = offered.get(effect.parameter)
            if known is None or (known[2].no_effect and not effect.no_effect):
                offered[effect.parameter] = (candidate.name, values[effect.parameter], effect)
    return offered


def _refused(effect: ParameterEffect) -> Choice | None:
    """A parameter that is switched off, with the reason."""
    if effect.no_effect:
        return Choice(None, _NO_EFFECT)
    if effect.safe_value is None:
        return Choice(None, f"the baseline's models no longer recognise the images (affinity {effect.affinity:.2f})")
    return None


def _safe(name: str, value: Value, effect: ParameterEffect, shape: Shape, threshold: float, costly: int) -> Choice:
    doses = [(point.fraction, point.affinity) for point in effect.dose_response]
    safe = safe_value(name, value, doses, shape, threshold)
    rounded = None if safe is None else towards_nothing(name, safe)
    figures = f"affinity {effect.affinity:.2f} at {valued(name, value)}"
    if rounded is None:
        return Choice(None, f"no strength keeps enough affinity beside the other transforms ({figures})")
    if rounded == value:
        return Choice(value, f"{figures} is safe")
    among = f", its share of {THRESHOLD:g} among {costly} transforms that cost something" if costly > 1 else ""
    return Choice(rounded, f"the largest strength with an affinity of {threshold:.3f}{among} ({figures})")


def towards_nothing(parameter: str, value: Value) -> Value | None:
    """A strength of two digits, no greater than *value*; None where nothing is left of it.

    Factors and lists of shifts are rounded by their distance from doing nothing, which is 1 or 0.
    """
    if isinstance(value, bool | int):
        return value or None
    if isinstance(value, list):
        centre = 1.0 if parameter in _ABOUT_ONE else 0.0
        rounded = [round(centre + math.copysign(_down(abs(each - centre)), each - centre), 9) for each in value]
        return rounded if any(each != centre for each in rounded) else None
    return _down(value) or None


def _down(value: float) -> float:
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - _DIGITS + 1)
    return round(math.floor(value / unit + 1e-9) * unit, 12)


def _effects(candidate: RankedCandidate) -> list[ParameterEffect]:
    return [] if candidate.why is None else candidate.why.parameters
