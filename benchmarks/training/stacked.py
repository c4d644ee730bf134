"""How many small trials a second, one at a time and stacked? With Keras on JAX, on whatever device JAX finds.

    python benchmarks/training/stacked.py [--json] [--rounds 5] [--cases digits 32x32] [--sizes 1 4 16]

A case has as many trials as the largest stack: seeds of one mild augmentation, each with its own images, draws and
predictions. They take turns in one process: one at a time, then in stacks of each size, all of them every round. The
first round compiles and is left out. Seconds by the clock are what counts on an accelerator; on processors, which the
trials share with whatever else runs, look at the processor's seconds. The share of augmentation is
that of the seconds in which images were made, mostly beside the steps, in those of a whole trial.

JAX comes with `make jax` or `pip install "augury[jax]"`; on a GPU with `pip install "jax[cuda12]"`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)
sys.path.append(str(ROOT / ".venv" / "jax"))
os.environ["KERAS_BACKEND"] = "jax"

from benchmarks.training.cases import Case, Silent, trials_of

CASES = {
    "linear": Case("linear", 625, (8, 8, 1), 30),
    "digits": Case("small_cnn", 625, (8, 8, 1), 10),
    "32x32": Case("resnet8", 1250, (32, 32, 3), 4),
    "224x224": Case("resnet8", 160, (224, 224, 3), 1),
}


class Taken(NamedTuple):
    """Of all trials of a case: seconds by the clock, of the processor, and in which images were made, as a share."""

    clock: float
    processor: float
    augmentation: float


def taken(definitions: list[Any], snapshot: Any, size: int) -> Taken:
    """What all of them take in stacks of that size."""
    from augury.training.together.trials import train_together

    clock, processor = time.perf_counter(), time.process_time()
    outcomes = train_together(definitions, snapshot, [Silent()] * len(definitions), size)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    shares = [outcome.result.augmentation_seconds / outcome.result.seconds for outcome in outcomes]
    return Taken(clock, processor, statistics.median(shares))


def measure(case: Case, sizes: list[int], rounds: int) -> list[dict[str, float]]:
    """For each size of a stack medians over the rounds, each against one at a time of the same round."""
    number = max(sizes)
    definitions, snapshot = trials_of(case, number)
    found = [[taken(definitions, snapshot, size) for size in sizes] for _ in range(rounds + 1)][1:]
    rows = []
    for place, size in enumerate(sizes):
        ones, these = [each[0] for each in found], [each[place] for each in found]
        rows.append(
            {
                "trials_per_step": size,
                "trials_per_second": number / statistics.median(each.clock for each in these),
                "processor_seconds_per_trial": statistics.median(each.processor for each in these) / number,
                "times_as_many": statistics.median(
                    one.clock / each.clock for one, each in zip(ones, these, strict=True)
                ),
                "augmentation_share": statistics.median(each.augmentation for each in these),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=["linear", "digits"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 4, 16], help="the first is what others are held to")
    arguments = parser.parse_args()

    from augury.training.warmup import warm_up

    warm_up(threads=1)
    import jax

    device = jax.devices()[0].device_kind
    found = {name: measure(CASES[name], arguments.sizes, arguments.rounds) for name in arguments.cases}
    if arguments.json:
        print(json.dumps({"device": device, "jax": jax.__version__, "cases": found}))
        return
    print(f"JAX {jax.__version__} on {device}; medians of {arguments.rounds} rounds")
    print("case       trials a step   trials/s   times as many   processor s a trial   share of augmentation")
    for name, rows in found.items():
        for row in rows:
            print(
                f"{name:10} {row['trials_per_step']:13.0f} {row['trials_per_second']:10.2f} "
                f"{row['times_as_many']:15.2f} {row['processor_seconds_per_trial']:21.3f} "
                f"{row['augmentation_share']:23.1%}"
            )


if __name__ == "__main__":
    main()
