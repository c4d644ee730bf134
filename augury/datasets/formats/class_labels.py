"""Labels as text, whatever they were stored as, and the order of their classes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api_schemas.plain_text import character_that_is_not_plain
from augury.datasets.errors import DatasetError

_WHOLE = re.compile(r"-?[0-9]{1,18}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
MAX_NAME_LENGTH = 512
"""Characters of a class's or a group's name. Some people have sentences for labels; a column of texts is none."""
_TOO_LONG = {"label": "labels.too_long", "group": "groups.too_long"}
_NOT_PLAIN = {"label": "labels.control_character", "group": "groups.control_character"}
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def require_usable_name(name: str, role: Literal["label", "group"], where: str) -> str:
    """The *name* of a class or a group, if it is short enough to be one and every part of the service can store it.

    Raises:
        DatasetError: ``labels.too_long``, ``labels.control_character``, or the same of ``groups``.
    """
    if len(name) > MAX_NAME_LENGTH:
        raise DatasetError(
            _TOO_LONG[role],
            f"{where} has a {role} of {len(name)} characters ({name[:40]!r}...), at most {MAX_NAME_LENGTH} are "
            f"allowed: is the right column taken for the {role}?",
        )
    character = character_that_is_not_plain(name)
    if character is not None:
        raise DatasetError(
            _NOT_PLAIN[role],
            f"{where} has the {role} {name[:40]!r} with the control character {character}; names of classes and groups "
            "have none: no line breaks, tabs or escapes",
        )
    return name


def class_order(labels: Iterable[str]) -> list[str] | None:
    """Distinct labels by number where all are numbers ("9" before "10"); else None, which means sorted as text."""
    distinct = set(labels) - {""}
    if not distinct or not all(_NUMBER.fullmatch(label) for label in distinct):
        return None
    return sorted(distinct, key=lambda label: (Fraction(label), label))


def without_decimal_points(labels: Sequence[str]) -> Sequence[str]:
    """Whole numbers that a missing value turned into floats as whole numbers again: "3.0" is class 3.

    Only where all labels are whole numbers; "1.5" among them would make all of them amounts.
    """
    distinct = set(labels)
    if not any("." in label for label in distinct) or not all(_WHOLE.fullmatch(label) for label in distinct):
        return labels
    whole = {label: str(int(label.partition(".")[0])) for label in distinct}
    return [whole[label] for label in labels]


def labels_of_array(values: npt.NDArray[Any], where: str, names: Sequence[str] | None = None) -> list[str]:
    """One text per image from integers ``[N]`` or ``[N, 1]``, strings, or one-hot rows ``[N, K]``.

    *names*, where given, are the classes' names by number.

    Raises:
        DatasetError: ``labels.shape``, ``labels.one_hot``, ``labels.dtype``, ``labels.encoding`` or ``labels.names``,
            with *where* in the message.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2:
        values = _from_one_hot(values, where)
    if values.ndim != 1:
        raise DatasetError(
            "labels.shape",
            f"{where} has shape {list(values.shape)}; expected one label per image: [N], or one-hot [N, K]",
        )
    distinct, inverse = np.unique(values, return_inverse=True)
    texts = [text_of(value, where) for value in distinct.tolist()]
    if names is not None:
        texts = [text and _name_of(text, names, where) for text in texts]
    return [texts[index] for index in inverse.tolist()]


def _from_one_hot(values: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    if values.dtype.kind in "buif" and np.all((values == 0) | (values == 1)) and np.all(np.sum(values, axis=1) == 1):
        return np.asarray(np.argmax(values, axis=1))
    raise DatasetError(
        "labels.one_hot",
        f"{where} has shape {list(values.shape)}, but its rows are not one-hot (a single 1 among zeros); an image "
        "must have exactly one class",
    )


def text_of(value: object, where: str) -> str:
    """A label as text: whole numbers without a decimal point, bytes as UTF-8.

    Raises:
        DatasetError: ``labels.dtype`` or ``labels.encoding``.
    """
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return _text_of_float(value, where)
    if isinstance(value, int | str):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise DatasetError("labels.encoding", f"{where} holds {value[:40]!r}, which is not UTF-8") from None
    raise DatasetError("labels.dtype", f"{where} holds {value!r}; expected whole numbers or text as labels")


def _text_of_float(value: float, where: str) -> str:
    """Empty for NaN: a label that is missing."""
    if math.isnan(value):
        return ""
    if not value.is_integer():
        raise DatasetError("labels.dtype", f"{where} holds {value!r}; expected whole numbers or text as labels")
    return str(int(value))


def _name_of(text: str, names: Sequence[str], where: str) -> str:
    if not _INTEGER.fullmatch(text) or not 0 <= int(text) < len(names):
        raise DatasetError(
            "labels.names", f"{where} has the label {text}, but there are names for 0 to {len(names) - 1} only"
        )
    return names[int(text)]
