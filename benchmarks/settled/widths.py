"""How wide the intervals of a whole comparison are, by training: as its report would have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from augury.evidence.statistics.alpha_spending import confidence_at, scheduled
from augury.training.history import is_still_improving
from settled.judged import RESERVE, Group, groups_of, rounds_of
from settled.trials import BASELINE, KeptTrial


def widths_table(trials: Iterable[KeptTrial], metrics: Sequence[str], rounds: tuple[int, int]) -> str:
    """As Markdown, a candidate of a setting a row.

    Half widths are at the stated confidence over all candidates of the setting, first of one look at all seeds, then
    of the looks that a range of seeds has, at the one that the verdict is from. Beside them how many of the baseline's
    and of the candidate's trials were not over.

    Args:
        trials: of any settings.
        metrics: that decide.
        rounds: the range of seeds.
    """
    kept = list(trials)
    unfinished = {(each.setting, each.arm, each.seed): _is_unfinished(each) for each in kept}
    lines = [
        "| setting | by | candidate | seeds | difference | one look | in rounds | unfinished |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for group in groups_of(kept, metrics):
        for name in group.candidates:
            seeds = group.seeds_of(name)
            if len(seeds) < 2:
                continue
            of_arms = [sum(unfinished[group.setting, arm, seed] for seed in seeds) for arm in (BASELINE, name)]
            lines.append(f"| {group.setting} | {group.metric.name} | {_row(group, name, seeds, rounds)} | {of_arms} |")
    return "\n".join(lines)


def _row(group: Group, name: str, seeds: Sequence[int], rounds: tuple[int, int]) -> str:
    difference = group.measured(name, seeds)
    assert difference is not None, "two seeds are a difference"
    deviation = float(np.std(list(difference.per_seed.values()), ddof=1))
    confidence = confidence_at(
        scheduled([len(seeds)], (), RESERVE), len(seeds), group.evaluation.confidence, len(group.candidates)
    )
    interval = difference.estimate.interval(confidence)
    counted = group.judged(name, seeds, rounds_of(*rounds))
    told = "–" if counted is None else f"±{counted.half_width:.1f} with {counted.seeds}: {counted.verdict}"
    mean = f"{difference.estimate.mean:+.1f} ± {deviation:.1f}"
    return f"{name} | {len(seeds)} | {mean} | ±{(interval.high - interval.low) / 2:.1f} | {told}"


def _is_unfinished(trial: KeptTrial) -> bool:
    """By the rule of now, whatever was the rule when it was trained."""
    losses = [np.nan if loss is None else loss for loss in trial.result.curves.validation_loss]
    return is_still_improving(losses, [rate or 0.0 for rate in trial.result.curves.learning_rate])
