"""Memory of large batches that nobody has any more, for the next ones.

The C library gives large memory back to the system, at once what is larger than 32 MiB. The system clears every page of
a new array, one interruption a page, when it is first written to: up to half of the time of a batch.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MIN_BYTES = 2**20
"""Below, the C library has memory at hand that was used before."""
MAX_BYTES = 2**28
_MAX_KEPT = 2
"""What a loop over batches has at once: the one in hand, and the next."""


class Reused:
    """Gives out arrays, and gives a large one out again once the only reference to it is the one in here.

    A view refers to the array that it is of, as does whatever else is made of an array without a copy: buffers, tensors
    of other libraries. So nothing changes under whoever still has it.
    """

    def __init__(self) -> None:
        self._kept: list[Array] = []

    def __reduce__(self) -> tuple[type[Reused], tuple[()]]:
        """A copy, as in another process, begins with nothing: what is kept has no values that anybody needs."""
        return Reused, ()

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """An array of that shape and type, whose values are not defined.

        May be called by several threads: one that has found an array has a reference to it, which the others see.
        """
        for kept in self._kept:
            if sys.getrefcount(kept) == _OF_NOBODY and kept.shape == shape and kept.dtype == dtype:
                return kept
        made = np.empty(shape, dtype)
        if MIN_BYTES <= made.nbytes <= MAX_BYTES:
            self._kept = [*self._kept, made][-_MAX_KEPT:]
        return made


def _references_of_nobody() -> int:
    """What is counted of an array that is in a list alone, from a loop over the list."""
    for kept in [np.empty(0)]:
        count = sys.getrefcount(kept)
    return count


_OF_NOBODY = _references_of_nobody()
