"""How pytest-xdist shares the tests out among processes.

There is one more of them than processors (``make test``): the one with the stack waits most of the time for what others
do, and so do many tests of processes and servers. It goes first wherever they meet, as its tests kill what it has
started, and look how soon that is noticed.
"""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadScopeScheduling

END_TO_END = "tests/end_to_end/"
"""Tests of real processes, which share a stack and measure how soon it does things."""

_ALONE = ("chaos", "docs_page", "local_stack", "report_page")
_PAGES = ("answers", "compare_page", "datasets_page", "job", "operations", "playground", "watched")
APART = (
    *(f"{END_TO_END}test_{name}.py" for name in _ALONE),
    *(f"{END_TO_END}pages/test_{name}.py" for name in _PAGES),
    f"{END_TO_END}operated/test_as_deployed.py",
    f"{END_TO_END}checks/test_action.py",
)
"""Tests there that have a browser, a service or a small stack of their own, and whatever time they need."""

TRAINS = tuple(
    f"tests/{folder}"
    for folder in (
        "augury/training/",
        "augury/probing/",
        "augury/augmentation/",
        "augury/datasets/formats/",
        "augury/exports/",
        "workers/units/",
    )
)
"""Tests that load TensorFlow, or lie beside such."""


LONG = (
    END_TO_END,
    "tests/augury/comparing/",
    "tests/augury/reporting/",
    "tests/docs/",
    "tests/integrations/",
    "tests/service/contract/",
    "tests/test_installed.py",
    "tests/test_library_alone.py",
    "tests/workers/",
)
"""Tests of which a file takes long by itself, so that it must not be the last."""

TOGETHER = {
    "PostgreSQL": (
        "tests/service/events/test_on_postgres.py",
        "tests/service/jobs/test_accepting_on_postgres.py",
        "tests/store/rows/counters/test_on_postgres.py",
        "tests/store/rows/quotas/test_locks.py",
        "tests/store/rows/test_locks.py",
        "tests/store/rows/told/",
    ),
    "S3": (
        "tests/augury/datasets/sources/test_buckets.py",
        "tests/store/files/test_artifacts.py",
        "tests/store/files/test_models.py",
        "tests/store/files/test_snapshots.py",
        "tests/workers/maintenance/test_stray_uploads.py",
    ),
    "S3 and TensorFlow": (
        "tests/workers/units/test_model.py",
        "tests/workers/units/test_published_weights.py",
        "tests/workers/units/test_uploaded_file.py",
    ),
}
"""Tests that share a server for the length of a session, which is started once where one process has them all."""

STACK_WORKER = "gw0"
_NICENESS = 2


def make_way_for_the_stack(workerid: str) -> None:
    """Have this process, and all that its tests start, step back where the one with the stack has something to do."""
    if workerid != STACK_WORKER:
        os.nice(_NICENESS)


class StacksOnOneWorker(LoadScopeScheduling):
    """The tests with the one stack go to the first worker, which starts it once; others with one server to any.

    The rest goes file by file.

    The mark ``xdist_group`` would say the same, but it has no effect with pytest 9.2 and pytest-xdist 3.8.
    """

    def schedule(self) -> None:
        """Hand out the first files, the stack's before all others; workers are known here in the order they came in."""
        self.assigned_work = dict(sorted(self.assigned_work.items(), key=lambda each: str(each[0].gateway.id)))
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return END_TO_END if _shares_the_stack(nodeid) else shared_server(nodeid) or nodeid.partition("::")[0]


def shared_server(nodeid: str) -> str | None:
    """Which of the servers that are started once a test's file shares with others."""
    return next((server for server, files in TOGETHER.items() if nodeid.startswith(files)), None)


def longest_first(items: list[pytest.Item]) -> None:
    """The stack takes a worker longer than anything else, so its tests must not begin last.

    What loads TensorFlow comes next, and then whatever else has long files.
    """
    items.sort(key=lambda item: _rank(item.nodeid))


def _shares_the_stack(nodeid: str) -> bool:
    return nodeid.startswith(END_TO_END) and not nodeid.startswith(APART)


def _rank(nodeid: str) -> int:
    if _shares_the_stack(nodeid):
        return 0
    return 1 if nodeid.startswith(TRAINS) else 2 if nodeid.startswith(LONG) else 3
