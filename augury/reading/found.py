"""What is found in a file: specs, each with where it is and what of it could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVERY_RULE = "*"
"""Among the rules that a comment silences: all of them."""


@dataclass(frozen=True, order=True)
class Position:
    """Where something is in a file: counted from 1, *cell* too, which only notebooks have (0 elsewhere)."""

    cell: int = 0
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """As compilers have it; the cell of a notebook comes first."""
        return f"cell {self.cell}:{self.line}:{self.column}" if self.cell else f"{self.line}:{self.column}"


@dataclass(frozen=True)
class Use:
    """A method that is called on a generator, with the subset that it is asked for, '' where it is none."""

    method: str
    position: Position
    subset: str = ""


@dataclass(frozen=True)
class Validation:
    """A training, with the indices of the specs whose files train and validate."""

    position: Position
    training: int
    validation: int


@dataclass(frozen=True)
class FoundSpec:
    """One spec as it stands in a file, before anybody has checked that it is one."""

    position: Position
    arguments: Mapping[str, Any]
    """By their names, as JSON would have them."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Parameters whose values are not known without running the file, each with what stands there instead."""
    unknown: Mapping[str, Position] = field(default_factory=dict)
    """Arguments that the constructor does not have."""
    positions: Mapping[str, Position] = field(default_factory=dict)
    """Of each parameter that is written there."""
    silenced: frozenset[str] = frozenset()
    """Rules that a comment beside it silences."""
    uses: tuple[Use, ...] = ()
    """What a program does with it, as far as that is seen."""
    has_no_other_use: bool = False
    """Whether nothing else can be done with it anywhere."""
    is_code: bool = False
    """Whether it is a call in a program, which does with it what it likes, and no spec of a job."""
    name: str = ""
    """Of the candidate, in a request."""


@dataclass(frozen=True)
class Note:
    """Something that was not looked at, and why."""

    position: Position
    message: str


@dataclass(frozen=True)
class Contents:
    """Everything that was found in a file, in its order."""

    specs: tuple[FoundSpec, ...] = ()
    notes: tuple[Note, ...] = ()
    validations: tuple[Validation, ...] = ()
