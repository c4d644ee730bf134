"""How many trials it takes until every verdict is settled, by training and by metric, on trials that are kept.

    python benchmarks/settling.py --rows trials --seeds 8
    python benchmarks/settling.py --rows trials --photographs sign-language-digits.zip --side 64 --training-images 300
    python benchmarks/settling.py --rows trials --arrays uneven.npz --arms moderate    # images and labels
    python benchmarks/settling.py --rows trials --judge-only
    python benchmarks/settling.py --rows trials --doubled        # who is called unfinished, and is it
    python benchmarks/settling.py --rows trials --widths         # how wide a report's intervals are
    python benchmarks/settling.py --rows trials --recommended 5  # how often what is recommended is worse, simulated
    python benchmarks/settling.py --designs                      # what numbers of seeds find, simulated

Each trial is trained once, on one thread, and lies in the folder under its address; ending the script loses the trial
that it is at, and starting it again goes on. Verdicts are of growing numbers of seeds, by the code that reports are
made with: the fewest with which a plan of exactly so many would have settled the candidate, or, with a ~, how many it
would take, as a report says it (a dash: more images and not more seeds). *Trials* are those of all arms until then, and
*seconds* are theirs, on a processor.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from settled.trials import BASELINE, Data, Setting, keep_trained, kept_trials

if TYPE_CHECKING:
    from settled.judged import Group

RECIPES: dict[str, dict[str, Any]] = {
    "old": {"schedule": "constant", "learning_rate": 1e-3},
    "new": {"schedule": "cosine", "learning_rate": 2e-3},
    "constant 2e-3": {"schedule": "constant", "learning_rate": 2e-3},
    "new, averaged": {"schedule": "cosine", "learning_rate": 2e-3, "average_last": 0.25},
    "new, balanced": {"schedule": "cosine", "learning_rate": 2e-3, "class_weight": "balanced"},
    "new, batches of 16": {"schedule": "cosine", "learning_rate": 2e-3, "batch_size": 16},
    "new, warm-up": {"schedule": {"name": "cosine", "warmup_epochs": 5}, "learning_rate": 2e-3},
}
"""The default before there were schedules, the one since, and what else it might have been."""
FLIP = {"horizontal_flip": True}
ROTATION = {"rotation_range": 15}
SHIFTS = {"width_shift_range": 0.1, "height_shift_range": 0.1}
ZOOM = {"zoom_range": 0.15}
BRIGHTNESS = {"brightness_range": [0.7, 1.3]}
ARMS: dict[str, dict[str, Any]] = {
    BASELINE: {},
    "mild": {"rotation_range": 10, "width_shift_range": 0.1, "height_shift_range": 0.1},
    "moderate": {"rotation_range": 15, "zoom_range": 0.15, "horizontal_flip": True},
    "strong": {"zoom_range": 0.5, "shear_range": 40, "rotation_range": 45},
    "harmful": {"vertical_flip": True},
    "flip": FLIP,
    "rotation": ROTATION,
    "shifts": SHIFTS,
    "zoom": ZOOM,
    "brightness": BRIGHTNESS,
    "together": FLIP | ROTATION | SHIFTS | ZOOM | BRIGHTNESS,
}
METRICS = ("accuracy", "log_loss")
ROUNDS = (5, 10)
"""The default of ``evaluation.seeds``."""


@dataclass(frozen=True)
class Row:
    """One setting by one metric."""

    setting: str
    metric: str
    baseline: float
    """Accuracy in per cent."""
    candidates: dict[str, dict[str, Any]]
    trials: int | None
    seconds: float | None
    is_settled: bool
    """Whether the trials that there are settle all candidates; else what is missing is the report's advice."""


def summarised(group: Group) -> Row | None:
    """What the trials of a group say; None where a candidate has no two seeds."""
    from settled.judged import rounds_of

    seeds = {name: group.seeds_of(name) for name in group.candidates}
    if not seeds or any(len(each) < 2 for each in seeds.values()):
        return None
    told: dict[str, dict[str, Any]] = {}
    for name, mine in seeds.items():
        verdict, number, is_settled = group.by_number(name, mine)
        difference = group.measured(name, mine)
        assert difference is not None, "two seeds are a difference"
        rounds = group.judged(name, mine, rounds_of(*ROUNDS))
        told[name] = {
            "verdict": str(verdict),
            "seeds": number,
            "is_settled": is_settled,
            "mean": difference.estimate.mean,
            "deviation": float(np.std(list(difference.per_seed.values()), ddof=1)),
            "of": len(mine),
            "rounds": None if rounds is None else [str(rounds.verdict), rounds.seeds, rounds.half_width],
            "still_improving": float(np.mean([each.still_improving for each in group.arms[name].seeds.values()])),
        }
    numbers = {name: each["seeds"] for name, each in told.items()}
    trials = None if None in numbers.values() else numbers | {BASELINE: max(numbers.values())}
    return Row(
        str(group.setting),
        group.evaluation.metric,
        100 * float(np.mean([each.accuracy for each in group.arms[BASELINE].seeds.values()])),
        told,
        None if trials is None else sum(trials.values()),
        None if trials is None else sum(number * group.seconds[arm] for arm, number in trials.items()),
        all(each["is_settled"] for each in told.values()),
    )


def table(rows: list[Row]) -> str:
    """As Markdown."""
    lines = ["| setting | by | baseline | candidates | trials | seconds |", "|---|---|---|---|---|---|"]
    for row in rows:
        mark = "" if row.is_settled else "~"
        cells = [row.setting, row.metric, f"{row.baseline:.1f}"]
        cells.append("; ".join(_told(name, **each) for name, each in row.candidates.items()))
        cells += ["–"] * 2 if row.trials is None else [f"{mark}{row.trials}", f"{mark}{row.seconds:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(
    name: str, *, verdict: str, seeds: int | None, is_settled: bool, mean: float, deviation: float, of: int, **_: Any
) -> str:
    number = "–" if seeds is None else f"{'' if is_settled else '~'}{seeds}"
    return f"{name} {mean:+.1f} ± {deviation:.1f} of {of}: {verdict} {number}"


def asked_for(given: argparse.Namespace) -> tuple[str, Data]:
    """The name of the dataset that the command line names, and the dataset."""
    import defaults

    if given.arrays:
        with np.load(given.arrays, allow_pickle=False) as stored:
            return Path(given.arrays).stem, Data(stored["images"], stored["labels"].astype(np.int64))
    if given.photographs:
        whole = defaults.photographs(given.photographs, given.side)
        name = f"photographs{given.side}x{given.training_images or 'all'}"
        return name, Data(whole.images, whole.labels, given.training_images)
    whole = defaults.digits(given.training_images)
    return f"digits{given.training_images or ''}", Data(whole.images, whole.labels, given.training_images)


def train_all(given: argparse.Namespace) -> None:
    """What is asked for and not there: seed by seed, so that what there is can be judged whenever it is ended."""
    from augury.training.warmup import warm_up

    warm_up(threads=1)
    name, data = asked_for(given)
    for seed in range(given.seeds):
        for recipe in given.recipes:
            setting = Setting(name, given.model, recipe, given.epochs)
            for arm in (BASELINE, *given.arms):
                if keep_trained(given.rows, setting, arm, data, RECIPES[recipe], ARMS[arm], seed):
                    print(".", end="", file=sys.stderr, flush=True)


def _tables(given: argparse.Namespace) -> list[str]:
    """What is asked of the trials that are there."""
    told = []
    if given.doubled:
        from settled.doubled import doubled_table

        told.append(doubled_table(kept_trials(given.rows)))
    if given.widths:
        from settled.widths import widths_table

        told.append(widths_table(kept_trials(given.rows), METRICS, ROUNDS))
    if given.recommended:
        from settled.recommended import recommended_table

        told.append(recommended_table(kept_trials(given.rows), given.recommended))
    return told


def main() -> None:
    """Train what is missing, and print what the trials say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", type=Path, default=Path(tempfile.gettempdir()) / "augury-settling", help="the folder of the trials"
    )
    parser.add_argument("--designs", action="store_true", help="simulate numbers of seeds; nothing is trained")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--model", default="small_cnn")
    parser.add_argument("--recipes", nargs="+", choices=list(RECIPES), default=["old", "new"])
    parser.add_argument("--arms", nargs="+", choices=[name for name in ARMS if name != BASELINE])
    parser.add_argument("--photographs", help="a zip of class folders, in grey")
    parser.add_argument("--side", type=int, default=64, help="of the photographs")
    parser.add_argument("--arrays", help="an npz file of images and labels")
    parser.add_argument("--training-images", type=int)
    parser.add_argument("--judge-only", action="store_true")
    parser.add_argument("--doubled", action="store_true", help="compare trials with those of twice the epochs")
    parser.add_argument("--widths", action="store_true", help="how wide the intervals of whole comparisons are")
    parser.add_argument(
        "--recommended", type=int, metavar="SEEDS", help="draw reports of so many seeds from the trials"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.arms = given.arms or ["mild", "strong", "harmful"]
    if given.designs:
        from settled.designs import designs_table

        print(designs_table())
        return
    given.rows.mkdir(parents=True, exist_ok=True)
    tables = _tables(given)
    if tables:
        print("\n\n".join(tables))
        return
    if not given.judge_only:
        train_all(given)

    from settled.judged import groups_of

    rows = [row for group in groups_of(kept_trials(given.rows), METRICS) if (row := summarised(group)) is not None]
    print(json.dumps([vars(row) for row in rows], indent=1) if given.json else table(rows))


if __name__ == "__main__":
    main()
