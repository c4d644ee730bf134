"""How pytest-xdist shares the tests out among processes."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

END_TO_END = "tests/end_to_end/"
"""Tests of real processes, which share a stack and measure how soon it does things."""

APART = tuple(
    f"{END_TO_END}test_{name}.py" for name in ("being_seen", "docs_page", "local_stack", "postgres", "report_page")
)
"""Tests there that have a browser or a small stack of their own, and whatever time they need."""

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


class StacksOnOneWorker(LoadScopeScheduling):
    """The tests with the one stack go to one worker, which starts it once; the others file by file.

    The mark ``xdist_group`` would say the same, but it has no effect with pytest 9.2 and pytest-xdist 3.8.
    """

    def _split_scope(self, nodeid: str) -> str:
        return END_TO_END if _shares_the_stack(nodeid) else nodeid.partition("::")[0]


def longest_first(items: list[pytest.Item]) -> None:
    """The stack takes a worker longer than anything else, so its tests must not begin last.

    What loads TensorFlow comes next: while one worker has the stacks, the other does all of it, and loads it alone.
    """
    items.sort(key=lambda item: _rank(item.nodeid))


def _shares_the_stack(nodeid: str) -> bool:
    return nodeid.startswith(END_TO_END) and not nodeid.startswith(APART)


def _rank(nodeid: str) -> int:
    if _shares_the_stack(nodeid):
        return 0
    return 1 if nodeid.startswith(TRAINS) else 2
