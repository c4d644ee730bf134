"""Code with ``ImageDataGenerator``, of Keras or ``tf.keras``, as a spec: exactly, but for what is no literal there."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from augury.imports.imported import Imported, ImportRefused, Source
from augury.reading.found import Contents, FoundSpec
from augury.reading.known import as_spec
from augury.reading.python.notebooks import read_notebook
from augury.reading.python.reading import read_python

NAME = "keras"
_CLASS = "ImageDataGenerator"
_USUAL_IMPORTS = f"""
import keras
import tensorflow
import tensorflow as tf
from tensorflow.keras.preprocessing.image import {_CLASS}
"""
"""Names in code that was copied without the lines that import them; at its end, so that lines keep their numbers."""


def is_in(text: str) -> bool:
    """Whether the class is called anywhere in a text."""
    return f"{_CLASS}(" in text


def read(text: str) -> Imported:
    """The spec of the only call in Python code or in a notebook.

    Raises:
        ImportRefused: there is none, or more than one.
    """
    return read_call(text, None)


def read_call(text: str, number: int | None) -> Imported:
    """The spec of a call in Python code or in a notebook.

    Args:
        text: the code, or the notebook's JSON.
        number: of the call, counted from 1; None where there is only one.

    Raises:
        ImportRefused: there is no such call, or it is not said which of several.
    """
    contents = _contents(text)
    specs = contents.specs
    if not specs:
        noted = "".join(f"; {note.position}: {note.message}" for note in contents.notes[:1])
        raise ImportRefused(f"there is no call of Keras's {_CLASS}{noted}")
    if number is None and len(specs) > 1:
        raise ImportRefused(f"there are {len(specs)} calls of {_CLASS}: {_listed(specs)}; say which")
    if number is not None and not 1 <= number <= len(specs):
        raise ImportRefused(f"there is no call {number} of {_CLASS}: {_listed(specs)}")
    return _imported(specs[(number or 1) - 1])


def _contents(text: str) -> Contents:
    if text.lstrip().startswith("{"):
        return read_notebook(text.encode())
    code = textwrap.dedent(text)
    contents = read_python(code.encode())
    return contents if contents.specs else read_python((code + _USUAL_IMPORTS).encode())


def _listed(specs: Sequence[FoundSpec]) -> str:
    return ", ".join(f"{number} at {found.position}" for number, found in enumerate(specs, 1))


def _imported(found: FoundSpec) -> Imported:
    known = as_spec(found)
    if known.spec is None:
        raise ImportRefused(f"no spec is like this: {known.refused[-1][1]}")
    lost = [
        *(f"{name} is {text} there, no literal: left at its default" for name, text in _one_by_one(found)),
        *(f"{name} has no place in a spec: {reason}" for name, reason in known.refused),
        *(f"{name} is no parameter of {_CLASS}" for name in found.unknown),
    ]
    return Imported(known.spec, tuple(lost), NAME)


def _one_by_one(found: FoundSpec) -> list[tuple[str, str]]:
    """What is not a literal; of a dictionary that is unpacked only that it is."""
    unpacked = [text for text in dict.fromkeys(found.unread.values()) if text.startswith("*")]
    named = [(name, text) for name, text in found.unread.items() if not text.startswith("*")]
    return [*named, *(("every other parameter", text) for text in unpacked)]


SOURCE = Source(f"Python code or a notebook with one {_CLASS}", is_in, read)
