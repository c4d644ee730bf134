"""What reading another library's augmentation gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.errors import ImportRefused

MAX_CHARACTERS = 1_000_000
"""Of a text that is read."""


__all__ = ["MAX_CHARACTERS", "ImportRefused", "Imported", "Source", "require_short", "spec_of"]


@dataclass(frozen=True)
class Imported:
    """A spec, and what the original does that it does not, each in a sentence.

    ``source`` is the key of the table of sources.
    """

    spec: ImageDataGeneratorSpec
    lost: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Source:
    """How one library's augmentations are told and read.

    ``is_in`` says whether a text looks like it, and never raises; ``read`` raises ``ImportRefused``.
    """

    about: str
    is_in: Callable[[str], bool]
    read: Callable[[str], Imported]


def spec_of(parameters: Mapping[str, Any]) -> ImageDataGeneratorSpec:
    """The spec with these parameters.

    Raises:
        ImportRefused: one of them is out of its range.
    """
    try:
        return ImageDataGeneratorSpec.model_validate(parameters)
    except ValidationError as error:
        line = error.errors(include_url=False)[0]
        name = ".".join(map(str, line["loc"]))
        raise ImportRefused(f"this makes no valid spec: {name}: {line['msg']}") from None


def require_short(text: str) -> None:
    """Refuse a text that is too long to be read.

    Raises:
        ImportRefused: it has more than ``MAX_CHARACTERS`` characters.
    """
    if len(text) > MAX_CHARACTERS:
        raise ImportRefused(f"a text of {len(text)} characters, more than the {MAX_CHARACTERS} that are read")
