"""What ``flow_from_dataframe`` refuses of a table, and warns of, before any image is read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from augury.augmentation.generator.table import Columns

_LABEL_TYPES: dict[str | None, tuple[tuple[type, ...], str]] = {
    "binary": ((str,), "strings"),
    "sparse": ((str,), "strings"),
    "categorical": ((str, list, tuple), "type string, list or tuple"),
}
"""Class mode to the types that its labels may have, and these in words."""
_WITHOUT_CLASSES = ("input", "multi_output", "raw", None)


def check_mode(class_mode: str | None, y_col: Any, allowed: Iterable[str | None]) -> None:
    """Whether there is such a class mode, and it can take such a *y_col*.

    Raises:
        ValueError: there is none.
        TypeError: it needs a list of columns.
    """
    if class_mode not in allowed:
        known = ", ".join(sorted(map(repr, allowed)))
        raise ValueError(f"Invalid class_mode: {class_mode!r}; expected one of {known}")
    if class_mode == "multi_output" and not isinstance(y_col, list):
        raise TypeError(f'If class_mode="{class_mode}", y_col must be a list, got {type(y_col).__name__}')


def check_columns(
    rows: Columns,
    class_mode: str | None,
    x_col: str,
    y_col: Any,
    weight_col: str | None,
    classes: Sequence[str] | None,
) -> None:
    """Whether the columns hold what they must.

    Raises:
        TypeError: names or labels are no text, or weights no numbers.
        ValueError: the class mode is binary, and there are not two classes.
    """
    odd = [name for name in rows[x_col] if not isinstance(name, str)]
    if odd:
        raise TypeError(f"All values in column x_col={x_col} must be strings, got {odd[0]!r} and {len(odd) - 1} more")
    if class_mode in _LABEL_TYPES:
        _check_types(rows[y_col], class_mode, y_col)
    if class_mode == "binary":
        _check_two_classes(set(classes or rows[y_col]), is_given=bool(classes))
    if classes and class_mode in _WITHOUT_CLASSES:
        warnings.warn(f'`classes` will be ignored given the class_mode="{class_mode}"', stacklevel=5)
    if weight_col and not issubclass(rows.array(weight_col).dtype.type, np.number):
        raise TypeError(f"Column weight_col={weight_col} must be numeric, got {rows[weight_col][:1]}")


def _check_types(labels: list[Any], class_mode: str | None, y_col: Any) -> None:
    types, words = _LABEL_TYPES[class_mode]
    odd = [label for label in labels if not isinstance(label, types)]
    if odd:
        raise TypeError(
            f'If class_mode="{class_mode}", y_col="{y_col}" column values must be {words}, '
            f"got {odd[0]!r} ({type(odd[0]).__name__}) and {len(odd) - 1} more"
        )


def _check_two_classes(names: set[str], is_given: bool) -> None:
    if len(names) != 2:
        verb = "were given" if is_given else "were found"
        raise ValueError(f'If class_mode="binary" there must be 2 classes, {len(names)} {verb}: {sorted(names)[:5]}')
