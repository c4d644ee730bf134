"""Pool processes are replaced when they hold too much, in the pool that Celery uses."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from billiard.pool import Pool

from workers import recycling

MEBIBYTE = 2**20
_kept: list[object] = []


def _process() -> int:
    return os.getpid()


def _hold_and_let_go(size: int) -> int:
    held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
    held.write(b"\1" * size)
    held.close()
    return os.getpid()


def _keep(size: int) -> int:
    held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
    held.write(b"\1" * size)
    _kept.append(held)
    return os.getpid()


def _map(file: str) -> int:
    with open(file, "rb") as opened:
        held = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    held[:: mmap.PAGESIZE]  # every page is touched
    _kept.append(held)
    return os.getpid()


@pytest.fixture
def run() -> Iterator[Callable[..., int]]:
    """Calls a function in a pool of one process that may grow by 100 MiB."""
    before = recycling.pool.mem_rss
    recycling.install()
    pool = Pool(1, max_memory_per_child=recycling.held_kibibytes() + 100 * 1024)
    yield lambda function, *arguments: pool.apply(function, arguments)
    pool.terminate()
    pool.join()
    recycling.pool.mem_rss = before


def test_a_process_that_keeps_too_much_is_replaced(run: Callable[..., int]) -> None:
    """The next call finds another process, and this one was allowed to end what it was at."""
    first = run(_process)
    assert run(_keep, 200 * MEBIBYTE) == first
    assert run(_process) != first


def test_a_process_that_held_much_or_has_mapped_much_is_not(run: Callable[..., int], tmp_path: Path) -> None:
    """Neither what was given back nor a file that is mapped, as snapshots are, counts."""
    file = tmp_path / "images.npy"
    file.write_bytes(bytes(200 * MEBIBYTE))
    first = run(_hold_and_let_go, 200 * MEBIBYTE)
    assert run(_map, str(file)) == first
    assert run(_process) == first
