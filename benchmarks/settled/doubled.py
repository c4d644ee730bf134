"""Whether trials that are said to be still improving are: against the same ones with twice the epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from scipy import stats

from augury.training.history import is_still_improving
from settled.trials import KeptTrial, log_loss


def doubled_table(trials: Iterable[KeptTrial]) -> str:
    """As Markdown, an arm of a setting a row: what twice the epochs gain, and how many trials are called unfinished.

    Gains are means over seeds, in hundredths of a nat of the validation loss and in points of accuracy.
    """
    kept = {(trial.setting, trial.arm, trial.seed): trial for trial in trials}
    rows: dict[tuple[str, str], list[tuple[float, float, bool, bool]]] = {}
    for (setting, arm, seed), trial in kept.items():
        longer = kept.get((replace(setting, epochs=2 * setting.epochs), arm, seed))
        if longer is not None:
            rows.setdefault((str(setting), arm), []).append(_compared(trial, longer))
    lines = ["| setting | arm | loss | accuracy | by epochs | by rate |", "|---|---|---|---|---|---|"]
    for (setting_name, arm), seen in sorted(rows.items()):
        loss, accuracy = (float(np.mean([each[index] for each in seen])) for index in (0, 1))
        by_epochs, by_rate = (f"{sum(each[index] for each in seen)} of {len(seen)}" for index in (2, 3))
        lines.append(f"| {setting_name} | {arm} | {loss:+.1f} | {accuracy:+.1f} | {by_epochs} | {by_rate} |")
    return "\n".join(lines)


def _compared(trial: KeptTrial, longer: KeptTrial) -> tuple[float, float, bool, bool]:
    """What the longer one gains in loss and in accuracy, and whether the trial was still improving by either rule."""
    losses = [math.nan if loss is None else loss for loss in trial.result.curves.validation_loss]
    rates = [rate or 0.0 for rate in trial.result.curves.learning_rate]
    gain = 100 * (longer.result.validation_accuracy - trial.result.validation_accuracy)
    is_improving = is_still_improving(losses, rates)
    return 100 * (log_loss(trial) - log_loss(longer)), gain, _is_falling_by_epochs(losses), is_improving


def _is_falling_by_epochs(losses: list[float]) -> bool:
    """The rule before: a slope below zero at the 5 % level over the last quarter of the epochs, at least four."""
    last = np.asarray(losses[-max(4, math.ceil(len(losses) / 4)) :])
    if not np.isfinite(last).all() or np.ptp(last) == 0:
        return False
    return bool(stats.linregress(np.arange(len(last)), last, alternative="less").pvalue < 0.05)
