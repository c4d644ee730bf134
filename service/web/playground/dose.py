"""A spec made weaker or stronger, to be looked at: its random parameters times a dose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.dose_response import FLIPS, SHIFTS, Shape, at_fraction, random_values, with_values
from augury.evidence.probe_results import Value
from augury.planning.attribution_arms import without
from augury.reporting import formatting
from augury.wording import joined

MAX_DOSE = 2.0
_ASSUMED_SHAPE = (64, 64, 3)
"""Of images that are not known; it matters to shifts in pixels alone, which become shorter than one."""
_JUST_BELOW = 1 - 1e-6
_STEPS_BACK = 64
"""Between a dose that a parameter cannot have and the spec's own: the strongest of these that it can have is taken."""


@dataclass(frozen=True)
class Dosed:
    """A spec at a dose.

    Attributes:
        spec: as JSON has it, without defaults.
        scaled: what its scaled parameters are now, in words.
        limited: names of those that cannot be as strong, and are as strong as they can be.
        kept: names of those that have no strengths: flips, and shifts by whole pixels where there is no such step.
    """

    spec: Mapping[str, Any]
    scaled: tuple[str, ...]
    limited: tuple[str, ...]
    kept: tuple[str, ...]

    def sentence(self, dose: float) -> str:
        """What is shown, and what of it is scaled."""
        if dose == 1:
            return "The spec as it is."
        if dose == 0:
            return "Nothing is drawn: all random transforms are off. Run, plan and copies are of the spec itself."
        parts = [f"At {dose:g} times its strength: {joined(self.scaled) or 'nothing that could be scaled'}."]
        if self.limited:
            parts.append(f"No stronger than it can be: {joined(self.limited)}.")
        if self.kept:
            parts.append(f"On or off, and as in the spec: {joined(self.kept)}.")
        parts.append("Run, plan and copies are of the spec itself.")
        return " ".join(parts)


def at_dose(spec: ImageDataGeneratorSpec, dose: float, shape: Shape = _ASSUMED_SHAPE) -> Dosed:
    """The spec with each random parameter at *dose* times its strength; all else stays.

    Args:
        spec: whose parameters they are.
        dose: in [0, 2]. 0 leaves all of them out, flips, too.
        shape: height, width, channels.
    """
    values = random_values(spec)
    if dose == 0:
        left = without(spec, *values)
        return Dosed(left.model_dump(mode="json", exclude_defaults=True), (), (), ())
    found: dict[str, Value] = {}
    limited, kept = [], []
    for name, value in values.items():
        strongest = None if name in FLIPS else _strongest(spec, name, value, dose, shape)
        if strongest is None:
            kept.append(name)
            continue
        fraction, found[name] = strongest
        if fraction < dose:
            limited.append(name)
    said = tuple(f"{name} {formatting.value(value)}" for name, value in found.items())
    scaled = with_values(spec, found)
    return Dosed(scaled.model_dump(mode="json", exclude_defaults=True), said, tuple(limited), tuple(kept))


def _strongest(
    spec: ImageDataGeneratorSpec, name: str, value: Value, dose: float, shape: Shape
) -> tuple[float, Value] | None:
    """The dose, or what is nearest to it that the parameter can have, with its value; None where it has no steps."""
    lowest = min(1.0, dose)
    for step in range(_STEPS_BACK + 1):
        fraction = dose - (dose - lowest) * step / _STEPS_BACK
        weaker = at_fraction(name, value, fraction, shape)
        if weaker is not None and _is_possible(spec, name, value, weaker):
            return fraction, weaker
    return None


def _is_possible(spec: ImageDataGeneratorSpec, name: str, value: Value, changed: Value) -> bool:
    if name in SHIFTS and _is_share(value) and not _is_share(changed):
        return False  # from 1 on the number would mean pixels
    try:
        with_values(spec, {name: changed})
    except ValidationError:
        return False
    return True


def _is_share(shift: Value) -> bool:
    largest = max(shift) if isinstance(shift, list) else shift
    return not isinstance(largest, int) and math.fabs(largest) <= _JUST_BELOW
