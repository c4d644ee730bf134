"""The form of a spec, made from its schema: names, meanings, ranges and defaults are said there, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from api_schemas.augmentation import PREPROCESSING_FIELDS, ImageDataGeneratorSpec
from api_schemas.candidates import DECIDED_BY_JOBS
from augury.planning.attribution_arms import RANDOM_PARAMETERS

Kind = Literal["flag", "choice", "number", "pair", "any"]

LEFT_OUT = frozenset(DECIDED_BY_JOBS["properties"])
"""What a job decides, and no form asks for."""
_BEYOND_ANY = 1_000_000
"""A bound that keeps nonsense out, and is not worth saying."""


@dataclass(frozen=True)
class Usual:
    """What the schema does not say: the unit, and the values that a slider goes over; all others can be typed."""

    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01


USUAL: Mapping[str, Usual] = {
    "rotation_range": Usual("°", 0, 180, 1),
    "width_shift_range": Usual("of the width", 0, 0.5),
    "height_shift_range": Usual("of the height", 0, 0.5),
    "shear_range": Usual("°", 0, 45, 1),
    "zoom_range": Usual("about 1", 0, 0.9),
    "channel_shift_range": Usual("raw values", 0, 100, 1),
    "cval": Usual("raw values", 0, 255, 1),
    "interpolation_order": Usual("", 0, 5, 1),
}


@dataclass(frozen=True)
class Control:
    """One parameter of the form.

    Attributes:
        name: ImageDataGenerator's.
        kind: flag: on or off; choice: one of some; number; pair: [low, high] or nothing; any: a number or a list.
        default: as JSON; what leaves the parameter out.
        meaning: of the schema.
        range: of values, in words.
        choices: of a choice, as JSON, with what each is called.
        usual: for a slider; None where none makes sense.
    """

    name: str
    kind: Kind
    default: str
    meaning: str
    range: str
    choices: tuple[tuple[str, str], ...] = ()
    usual: Usual | None = None


@dataclass(frozen=True)
class Group:
    """Parameters that belong together."""

    name: str
    heading: str
    controls: tuple[Control, ...]


@cache
def groups() -> tuple[Group, ...]:
    """The whole form: what draws at random, what fills what comes free, and what every image gets."""
    properties = ImageDataGeneratorSpec.model_json_schema()["properties"]
    preprocessing = [name for name in PREPROCESSING_FIELDS if name not in LEFT_OUT]
    known = {*RANDOM_PARAMETERS, *preprocessing, *LEFT_OUT}
    filling = [name for name in properties if name not in known]
    made = {name: _control(name, schema) for name, schema in properties.items() if name not in LEFT_OUT}
    parts = (
        ("random", "Random transforms", RANDOM_PARAMETERS),
        ("filling", "How pixels are filled in", filling),
        ("preprocessing", "Preprocessing, of every image", preprocessing),
    )
    return tuple(Group(name, heading, tuple(made[each] for each in names)) for name, heading, names in parts)


def _control(name: str, schema: Mapping[str, Any]) -> Control:
    alternatives = [dict(each) for each in schema.get("anyOf", [schema])]
    forms = [each for each in alternatives if each.get("type") != "null"]
    kind = _kind(forms)
    nothing = [("null", "none")] if len(forms) < len(alternatives) else []
    return Control(
        name=name,
        kind=kind,
        default=json.dumps(schema["default"]),
        meaning=schema["description"],
        range=", or ".join(filter(None, map(_range, forms))),
        choices=(*nothing, *((json.dumps(each), each) for each in forms[0].get("enum", []))),
        usual=USUAL.get(name),
    )


def _kind(forms: list[dict[str, Any]]) -> Kind:
    first = forms[0]
    if len(forms) > 1:
        return "any"
    if "enum" in first:
        return "choice"
    by_type: dict[str, Kind] = {"boolean": "flag", "array": "pair"}
    return by_type.get(first["type"], "number")


def _range(schema: Mapping[str, Any]) -> str:
    """Which values there may be: 0 to 360, above 0, 2 numbers, each 0 to 255."""
    if schema["type"] == "array":
        one = _range(schema.get("items") or schema["prefixItems"][0]).removeprefix("any")
        how_many = f"{schema['minItems']} " if schema["minItems"] == schema["maxItems"] else ""
        return f"a list of {how_many}numbers" + (f", each {one}" if one else "")
    if schema["type"] not in ("number", "integer"):
        return ""
    return " ".join(_bounds(schema)) or "any"


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    is_bounded = below is not None or (high is not None and high < _BEYOND_ANY)
    if above is not None:
        yield f"above {above:g}"
    elif low is not None and low > -_BEYOND_ANY:
        yield f"{low:g}" if is_bounded else f"{low:g} or more"
    if is_bounded:
        yield f"to {high:g}" if below is None else f"to below {below:g}"
