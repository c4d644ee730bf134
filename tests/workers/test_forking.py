"""The watch over forks."""

from __future__ import annotations

import threading

from structlog.testing import capture_logs

from workers.forking import report_other_threads


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
