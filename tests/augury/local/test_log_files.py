"""Logs of a stack stay small, and nothing of them is torn, however many processes write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from augury.local.log_files import keep_small
from augury.private_files import private_opener

WRITERS, LINES = 3, 2_000
_WRITE = """
import os, sys, time
for number in range(int(sys.argv[2])):
    os.write(1, f"{sys.argv[1]} {number:06} {'x' * 80}\\n".encode())
    time.sleep(0.0002)
"""


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    """And one that is not there is none."""
    log = tmp_path / "api.log"
    assert not keep_small(log, max_bytes=10)
    log.write_bytes(b"0123456789")
    assert not keep_small(log, max_bytes=10)
    assert [each.name for each in tmp_path.iterdir()] == ["api.log"]


def test_what_was_written_moves_on_and_the_oldest_goes(tmp_path: Path) -> None:
    """As many are kept as there should be, none larger than it was, and all are the owner's alone."""
    log = tmp_path / "api.log"
    with open(log, "ab", opener=private_opener, buffering=0) as writer:
        for text in (b"first", b"second", b"third", b"fourth"):
            writer.write(text)
            assert keep_small(log, max_bytes=1, kept=2)
        writer.write(b"!")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {
        "api.log": b"!",
        "api.log.1": b"fourth",
        "api.log.2": b"third",
    }
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


def test_no_line_is_torn_while_several_processes_write(tmp_path: Path) -> None:
    """Every line that is there is whole, each writer's are in their order, and none is there twice."""
    log, max_bytes, kept = tmp_path / "cpu.log", 50_000, 1_000
    with open(log, "ab", opener=private_opener) as shared:
        command = [sys.executable, "-I", "-S", "-c", _WRITE]
        writers = [subprocess.Popen([*command, f"w{each}", str(LINES)], stdout=shared) for each in range(WRITERS)]
    moved = 0
    while any(writer.poll() is None for writer in writers):
        moved += keep_small(log, max_bytes, kept)
    moved += keep_small(log, 0, kept)
    files = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, moved + 1))]
    lines = [line for file in reversed(files) for line in file.read_text().splitlines()]
    assert moved >= 2
    assert all(len(line) == 90 and line.endswith("x" * 80) for line in lines)
    for each in range(WRITERS):
        numbers = [int(line.split()[1]) for line in lines if line.startswith(f"w{each} ")]
        assert numbers == sorted(set(numbers))
        assert len(numbers) >= 0.99 * LINES
