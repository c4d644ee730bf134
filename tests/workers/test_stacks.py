"""What a worker writes about itself when it is asked."""

from __future__ import annotations

import os
import subprocess
import sys

from workers import stacks

_WAITING = """
import os, sys, time
from workers import stacks
stacks.write_when_asked()
if os.fork() == 0:
    def waiting_for_something():
        print(os.getpid(), flush=True)
        time.sleep(60)
    waiting_for_something()
os.wait()
"""


def test_a_forked_process_writes_where_it_is_when_it_is_asked_and_goes_on() -> None:
    """The functions that it is in are named on its standard error."""
    with subprocess.Popen([sys.executable, "-c", _WAITING], stdout=-1, stderr=-1, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        child = int(parent.stdout.readline())
        os.kill(child, stacks.SIGNAL)
        said = iter(parent.stderr.readline, "")
        assert any("waiting_for_something" in line for line in said)
        assert any("<module>" in line for line in said)
        os.kill(child, 0)
        os.kill(child, 9)
