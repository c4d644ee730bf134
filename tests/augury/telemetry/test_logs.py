"""What every process writes while it runs."""

from __future__ import annotations

import subprocess
import sys


def _logged_by(program: str) -> list[str]:
    """What a fresh process writes to standard error when it logs as all of ours do."""
    setup = "import logging, structlog\nfrom augury.telemetry.logs import configure_logging\nconfigure_logging()\n"
    done = subprocess.run([sys.executable, "-c", setup + program], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def test_a_logged_exception_does_not_show_the_values_of_variables() -> None:
    """Passwords and images are in the variables of a traceback; the log gets the traceback only."""
    program = """
password = "hunter" + "2"
try:
    raise RuntimeError(f"no connection, {len(password)} letters tried")
except RuntimeError as error:
    structlog.get_logger("test").error("work failed", exc_info=error)
"""
    said = "\n".join(_logged_by(program))
    assert "no connection, 7 letters tried" in said
    assert "hunter2" not in said


def test_the_standard_librarys_events_are_logged_in_the_same_way() -> None:
    """Libraries log through the standard library and appear beside our own events, one line an event."""
    program = """
logging.getLogger("celery").warning("from a library")
structlog.get_logger("ours").warning("from us", id="x")
"""
    theirs, ours = _logged_by(program)
    for line, event in ((theirs, "from a library"), (ours, "from us")):
        assert event in line
        assert "warning" in line


def test_what_is_below_the_level_is_not_written() -> None:
    """Neither ours nor a library's."""
    assert _logged_by('structlog.get_logger("ours").debug("x")\nlogging.getLogger("theirs").debug("y")') == []


def test_whoever_reports_something_goes_on_where_it_cannot_be_written() -> None:
    """A log that nobody takes any more is no reason to fail."""
    said = _logged_by("""
import os, sys
reading, writing = os.pipe()
os.close(reading)
kept = os.dup(2)
os.dup2(writing, 2)
structlog.get_logger("ours").warning("nobody reads this")
os.dup2(kept, 2)
structlog.get_logger("ours").warning("and on")
""")
    assert ["and on" in line for line in said][-1:] == [True]
