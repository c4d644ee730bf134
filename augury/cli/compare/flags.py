"""The flags of `augury compare` that are candidates: what each is called, what it takes, and the spec that it means."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.wording import joined


class Flag(NamedTuple):
    """One flag.

    Attributes:
        name: of the flag, and of its candidate.
        takes: the unit of its number, in capitals; None where it is there or not.
        help: for people.
        spec: what it means, by its number (1 where it takes none).
    """

    name: str
    takes: str | None
    help: str
    spec: Callable[[float], dict[str, Any]]

    @property
    def key(self) -> str:
        """Its name as Python has it."""
        return self.name.replace("-", "_")


FLAGS = (
    Flag("flip", None, "Mirror left and right, half of the time.", lambda _: {"horizontal_flip": True}),
    Flag("vertical-flip", None, "Mirror top and bottom, half of the time.", lambda _: {"vertical_flip": True}),
    Flag("rotation", "DEGREES", "Turn by up to so many degrees either way.", lambda by: {"rotation_range": by}),
    Flag(
        "shift",
        "FRACTION",
        "Shift by up to this fraction of the width and of the height; from 1 on, pixels.",
        lambda by: {"width_shift_range": by, "height_shift_range": by},
    ),
    Flag("zoom", "FRACTION", "Make larger or smaller by up to this fraction, below 1.", lambda by: {"zoom_range": by}),
    Flag("shear", "DEGREES", "Slant by up to so many degrees either way.", lambda by: {"shear_range": by}),
    Flag(
        "brightness",
        "FRACTION",
        "Make darker or brighter by up to this fraction, e.g. 0.2.",
        lambda by: {"brightness_range": [round(1 - by, 6), round(1 + by, 6)]},
    ),
    Flag(
        "channel-shift",
        "LEVELS",
        "Add up to so much to all channels, or take it off, in the images' own values, e.g. 20 of 0-255.",
        lambda by: {"channel_shift_range": by},
    ),
)
TOGETHER = "together"


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Let typer see an option for every flag where the command has ``**flags``."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    flags = [_parameter(flag) for flag in FLAGS]
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # inspect looks for it
        parameters=[*own[:1], *flags, *own[1:]]
    )
    return command


def _parameter(flag: Flag) -> inspect.Parameter:
    if flag.takes is None:
        kind: Any = Annotated[bool, typer.Option(f"--{flag.name}", help=flag.help)]
        default: Any = False
    else:
        option = typer.Option(f"--{flag.name}", metavar=flag.takes, help=flag.help, show_default=False)
        kind, default = Annotated[list[float] | None, option], None
    return inspect.Parameter(flag.key, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)


def flagged(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The candidates that the flags ask for, by name; a flag that is given several times has its number in the name.

    Raises:
        typer.BadParameter: a number is none that the transform takes, or does nothing.
    """
    found: dict[str, dict[str, Any]] = {}
    for flag in FLAGS:
        amounts = _amounts(given.get(flag.key))
        for amount in amounts:
            name = flag.name if len(amounts) == 1 else f"{flag.name}-{amount:g}"
            found[name] = _checked(flag, amount)
    return found


def all_of(candidates: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One spec with everything that the candidates do.

    Raises:
        typer.BadParameter: two of them set the same parameter, or there are no two.
    """
    if len(candidates) < 2:
        raise typer.BadParameter("--together: give two or more flags, each of which is a candidate, too")
    together: dict[str, Any] = {}
    for name, spec in candidates.items():
        twice = sorted(set(together) & set(spec))
        if twice:
            raise typer.BadParameter(f"--together: {name} sets {joined(twice)} as another candidate does; give it once")
        together |= spec
    return together


def _amounts(given: bool | list[float] | None) -> list[float]:
    if isinstance(given, list):
        return list(dict.fromkeys(given))
    return [1.0] if given else []


def _checked(flag: Flag, amount: float) -> dict[str, Any]:
    try:
        spec = ImageDataGeneratorSpec.model_validate(flag.spec(amount))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]["msg"]
        raise typer.BadParameter(f"--{flag.name}: got {amount:g}: {first}. {flag.help}") from None
    if not spec.has_augmentation:
        raise typer.BadParameter(f"--{flag.name}: got {amount:g}, which changes nothing. {flag.help}")
    return flag.spec(amount)
