"""Tables with columns, whoever made them: a dict of lists, a pandas or polars frame, a pyarrow table, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_NUMERIC_KINDS = "biuf"
_TO_LIST = ("to_pylist", "to_list", "tolist")
"""Methods of pyarrow's, pandas' and polars', and NumPy's columns that give a list of Python objects."""


def column_of(table: Any, name: Any) -> list[Any] | Array:
    """The values of one column: an array where it is one of numbers, a list of Python objects otherwise.

    Raises:
        KeyError: there is no such column (or what else the table raises then).
        TypeError: it is no table with columns.
    """
    if not hasattr(table, "__getitem__") or isinstance(table, list | tuple | str | bytes):
        raise TypeError(f"dataframe must be a table with columns, e.g. a dict of lists, got {type(table).__name__}")
    column = table[name]
    if hasattr(column, "dtype") or hasattr(column, "to_numpy"):
        array = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
        if array.dtype.kind in _NUMERIC_KINDS:
            return np.asarray(array)
    return next((list(getattr(column, method)()) for method in _TO_LIST if hasattr(column, method)), list(column))


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are needed, by name, of one length each."""

    values: dict[Any, list[Any] | Array]

    @classmethod
    def read(cls, table: Any, names: Sequence[Any]) -> Columns:
        """Some columns of a table.

        Raises:
            KeyError, TypeError: see column_of.
            ValueError: the columns differ in length.
        """
        values = {name: column_of(table, name) for name in names}
        lengths = {name: len(column) for name, column in values.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns of a table must have the same length, got {lengths}")
        return cls(values)

    def __getitem__(self, name: Any) -> list[Any]:
        column = self.values[name]
        return column.tolist() if isinstance(column, np.ndarray) else column

    def rows(self, numbers: Sequence[int]) -> Columns:
        """Some rows."""
        return Columns({
            name: column[list(numbers)] if isinstance(column, np.ndarray) else [column[number] for number in numbers]
            for name, column in self.values.items()
        })  # fmt: skip

    def replaced(self, name: Any, column: list[Any]) -> Columns:
        """Another column instead of one."""
        return Columns({**self.values, name: column})

    def array(self, names: Any) -> Array:
        """One column ``[N]``, or several ``[N, columns]``, as an array of the type that holds all of them."""
        if not isinstance(names, list):
            return _array(self.values[names])
        columns = [_array(self.values[name]) for name in names]
        dtype = np.result_type(*columns) if all(column.dtype.kind in "iuf" for column in columns) else object
        return np.stack([column.astype(dtype) for column in columns], axis=1)


def _array(column: list[Any] | Array) -> Array:
    """Numbers as numbers; all else (text, lists, arrays, gaps) as objects, one a row."""
    if isinstance(column, np.ndarray):
        return column
    if all(isinstance(value, bool | np.bool_) for value in column):
        return np.array(column, np.bool_)
    if all(isinstance(value, int | float | np.number) for value in column):
        return np.array(column)
    objects = np.empty(len(column), object)
    for row, value in enumerate(column):
        objects[row] = value
    return objects
