"""How pytest-xdist shares the tests out among processes."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

STACKS = "tests/end_to_end/"
"""Tests of real processes, which share a stack and measure how soon it does things."""

TRAINS = tuple(
    f"tests/{folder}"
    for folder in (
        "augury/training/",
        "augury/probing/",
        "augury/augmentation/",
        "augury/datasets/formats/",
        "workers/units/",
    )
)
"""Tests that load TensorFlow, or lie beside such."""

_ORDER = (STACKS, TRAINS)


class StacksOnOneWorker(LoadScopeScheduling):
    """All tests with stacks go to one worker, so that no two stacks starve each other; the others file by file.

    The mark ``xdist_group`` would say the same, but it has no effect with pytest 9.2 and pytest-xdist 3.8.
    """

    def _split_scope(self, nodeid: str) -> str:
        return STACKS if nodeid.startswith(STACKS) else nodeid.partition("::")[0]


def longest_first(items: list[pytest.Item]) -> None:
    """The stacks take a worker longer than anything else, so they must not begin last.

    What loads TensorFlow comes next: while one worker has the stacks, the other does all of it, and loads it alone.
    """
    items.sort(key=lambda item: next((rank for rank, begins in enumerate(_ORDER) if item.nodeid.startswith(begins)), 2))
