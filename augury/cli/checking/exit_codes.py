"""The codes that commands end with: one meaning each, whatever the command."""

from __future__ import annotations

from enum import IntEnum

from augury.reporting.check.check import Outcome


class ExitCode(IntEnum):
    """What a shell, or whoever else started a command, is told."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    HURTS = 3
    UNDECIDED = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "the job failed or was cancelled, or something was found",
    ExitCode.REFUSED: "wrong usage or refused",
    ExitCode.HURTS: "a candidate hurts, with --fail-on",
    ExitCode.UNDECIDED: "a candidate is undecided, with --fail-on inconclusive",
    ExitCode.UNREACHABLE: "service unreachable or broken",
    ExitCode.INTERRUPTED: "interrupted",
}

OF_OUTCOMES = {
    Outcome.FINE: ExitCode.DONE,
    Outcome.FAILED: ExitCode.FAILED,
    Outcome.HURTS: ExitCode.HURTS,
    Outcome.UNDECIDED: ExitCode.UNDECIDED,
}
"""The code of a command that ends with a check."""


def exit_codes_in_words() -> str:
    """All of them on one line, for a help text."""
    return ", ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())
