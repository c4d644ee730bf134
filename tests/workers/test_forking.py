"""The watch over forks."""

from __future__ import annotations

import gc
import threading

from structlog.testing import capture_logs

from workers.forking import keep_from_collection, report_other_threads


def test_a_fork_beside_another_thread_is_an_error_in_the_log() -> None:
    """It names the thread, and says nothing once the thread has ended."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="a-thread-of-ours")
    thread.start()
    with capture_logs() as beside:
        report_other_threads()
    done.set()
    thread.join()
    with capture_logs() as afterwards:
        report_other_threads()
    assert [(entry["log_level"], "a-thread-of-ours" in entry["threads"]) for entry in beside] == [("error", True)]
    assert not [entry for entry in afterwards if "a-thread-of-ours" in entry["threads"]]


def test_what_is_there_before_a_fork_is_not_looked_through_again() -> None:
    """Garbage is collected first; what comes later is looked after as ever."""
    before = gc.get_freeze_count()
    long_lived = [[] for _ in range(10)]  # type: ignore[var-annotated]
    try:
        keep_from_collection()
        assert gc.get_freeze_count() >= before + 11
        later: list[object] = []
        watched = {id(each) for each in gc.get_objects()}
        assert id(later) in watched
        assert not watched & {id(long_lived), *map(id, long_lived)}
    finally:
        gc.unfreeze()
