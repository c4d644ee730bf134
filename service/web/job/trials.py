"""The trials of a job as rows of a table, narrowed to an arm or a state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api_schemas.training.trials import Trial, TrialState
from augury.reporting import formatting
from augury.reporting.formatting import plain

MAX_ROWS = 500
STATES: dict[TrialState, str] = {
    TrialState.QUEUED: "waiting",
    TrialState.RUNNING: "running",
    TrialState.SUCCEEDED: "done",
    TrialState.FAILED: "failed",
    TrialState.CANCELLED: "dropped",
}


@dataclass(frozen=True)
class TrialLine:
    """A trial in words."""

    arm: str
    seed: int
    state: str
    kind: str
    epochs: str
    accuracy: str
    seconds: str
    note: str


@dataclass(frozen=True)
class Trials:
    """Those that are shown, what they can be narrowed to, and how many there are besides."""

    lines: list[TrialLine]
    arms: list[str]
    more: int


def lines_of(trials: Iterable[Trial], arm: str | None, state: str | None) -> Trials:
    """A job's trials; None does not narrow."""
    known = list(trials)
    shown = [each for each in known if arm in (None, each.arm) and state in (None, each.state)]
    arms = list(dict.fromkeys(each.arm for each in known))
    return Trials([_line(each) for each in shown[:MAX_ROWS]], arms, max(0, len(shown) - MAX_ROWS))


def _line(trial: Trial) -> TrialLine:
    result = trial.result
    notes = [
        "reused" if trial.reused else "",
        "diverged" if result is not None and result.diverged else "",
        f"begun {trial.attempts} times" if trial.attempts > 1 else "",
        plain(trial.error.message, 200) if trial.error is not None else "",
    ]
    return TrialLine(
        arm=plain(trial.arm),
        seed=trial.seed,
        state=STATES[trial.state],
        kind=trial.state,
        epochs=f"{result.epochs if result else trial.epoch} of {trial.epochs}",
        accuracy=formatting.percent(result.validation_accuracy if result else None),
        seconds=formatting.seconds(result.seconds if result else None),
        note=", ".join(filter(None, notes)),
    )
