"""What class names give away about what an image's orientation means. Guesses, and called so in the messages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from augury import wording

_NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PREFIX = re.compile(r"^(?:class|label|letter|character|char|n)[ _-]*(?=\w)", re.IGNORECASE)
_DIGIT = re.compile(r"^(?:digit|number|num|character|char)[ _-]*\d$", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:class|label|n)?[ _-]*\d+$", re.IGNORECASE)
_SPLIT = re.compile(r"[\W_]+")
_SIDES = frozenset({"left", "right", "clockwise", "counterclockwise", "anticlockwise", "od", "os"})
_WAYS_UP = frozenset({"up", "down", "top", "bottom", "upright", "inverted", "upside"})
_WRITING = frozenset({"text", "letter", "letters", "word", "digit", "digits", "handwriting", "signature", "arrow"})


def writing(classes: Iterable[str], *, are_digits: bool = False) -> str | None:
    """The classes that are given as digits, letters or text, in words; None if hardly any are.

    A mere number counts classes and says nothing of what they show, unless they are known to be digits.
    """
    names = list(classes)
    cores = [_PREFIX.sub("", name).lower() for name in names]
    digits = [name for name in names if _is_digit(name) or (are_digits and _NUMBER.match(name))]
    letters = [name for name, core in zip(names, cores, strict=True) if len(core) == 1 and core.isalpha()]
    texts = [name for name in names if _WRITING & set(_SPLIT.split(name.lower()))]
    for kind, found in (("digits", digits), ("letters", letters), ("writing", texts)):
        if len(found) >= 2 or (kind == "writing" and found):
            return f"{listed(found)} (by their names, {kind})"
    return None


def numbers(classes: Iterable[str]) -> str | None:
    """The classes, where all of them are merely numbered; None where one has a name."""
    names = list(classes)
    return listed(names) if names and all(_NUMBER.match(name) for name in names) else None


def sides(classes: Iterable[str]) -> str | None:
    """The classes that name a left or right; None if there are none."""
    return _with_words(classes, _SIDES)


def ways_up(classes: Iterable[str]) -> str | None:
    """The classes that name an up or down; None if there are none."""
    return _with_words(classes, _WAYS_UP)


def listed(names: list[str], max_names: int = 4) -> str:
    """A few names, and how many more there are."""
    return wording.listed([f"“{name[:40]}”" for name in names], max_names)


def _is_digit(name: str) -> bool:
    return bool(_DIGIT.match(name)) or _PREFIX.sub("", name).lower() in _NUMBER_WORDS


def _with_words(classes: Iterable[str], words: frozenset[str]) -> str | None:
    found = [name for name in classes if words & set(_SPLIT.split(name.lower()))]
    return listed(found) if found else None
