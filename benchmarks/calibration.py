"""How often is a verdict wrong, or anything else that a report claims, and how small a difference is found?

    python benchmarks/calibration.py [--json] [--quick] [--claims-only] [--comparisons N] [--pool FILE]

Trains a pool of real trials on digits: every seed has a split of its own, on which two trials differ in nothing but
their randomness. Comparisons of such pairs must not find a difference; which of the two counts as the candidate is
tossed for every pair of every comparison. Comparisons share trials, so a model is fitted to the pool (how often each
image is recognised, and how much trials differ) and as many independent ones are simulated. For power, a difference is
planted into the candidates of the pool: a random part of the images is hard for them and missed half of the time.
The pool takes minutes to train and is kept in benchmarks/.cache, or where --pool says.

Then whole reports are made, by the service's own analysis, of comparisons whose one or ten candidates do nothing:
on even and uneven classes, drawn and fixed validation images, and in groups. What is counted is reports with any
sentence that says gains, costs, helps, hurts, better, worse or loses, of verdicts, parts, classes and recommendations.
The best of twenty that do nothing is put to a confirmation, too. --claims-only leaves the pool out.

Last, from a pool of its own, verdicts by every metric (benchmarks/calibrating/metric_rates.py) and under conditions
(benchmarks/calibrating/condition_rates.py); --metrics-only and --conditions-only make nothing else. A pool that was
interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

sys.path[0] = str(Path(__file__).resolve().parents[1])

from augury.evidence.statistics.alpha_spending import looks, scheduled
from augury.planning.comparison import RESERVE
from benchmarks.calibrating.claims import measure_claims
from benchmarks.calibrating.condition_rates import measure_conditions
from benchmarks.calibrating.metric_rates import load_or_train_pools, measure_metrics, print_rates
from benchmarks.calibrating.pool import TRAINING_IMAGES, Draw, Pool, from_model, from_pool, load_or_train
from benchmarks.calibrating.rates import CONFIDENCE, SCHEDULES, false_verdicts, power, share

EXTENDED = scheduled(looks(5, 5), (7, 10), RESERVE)  # twice, while undecided
SEQUENTIAL = "3 to 10 seeds"
PLANTED = (1, 2, 5)
CACHED_POOL = Path(__file__).parent / ".cache" / "calibration-pool.npz"


def others(draw: Draw, seeds: int, comparisons: int) -> dict[str, float]:
    """How often two usual methods see a difference: a t interval over seeds, and Nadeau and Bengio's."""
    found = {"plain t": 0, "Nadeau and Bengio": 0}
    for _ in range(comparisons):
        outcomes = draw(seeds)
        points, images = outcomes.per_seed, len(outcomes.difference) / seeds
        quantile = stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1)
        for name, overlap in (("plain t", 0.0), ("Nadeau and Bengio", images / TRAINING_IMAGES)):
            half = quantile * points.std(ddof=1) * np.sqrt(1 / seeds + overlap)
            found[name] += abs(points.mean()) > half
    return {name: float(count) / comparisons for name, count in found.items()}


def measure(pool: Pool, comparisons: int) -> dict[str, Any]:
    """All of it, for every model of the pool."""
    generator = np.random.default_rng(20)
    models = {model: _measure_model(of_model, generator, comparisons) for model, of_model in pool.items()}
    real = [rate for each in models.values() for rate in each["false_verdicts"]["pool"].values()]
    hits = sum(round(rate["rate"] * rate["comparisons"]) for rate in real)
    strictest = {str(planted): min(each["power"][SEQUENTIAL][str(planted)]["rate"] for each in models.values())
                 for planted in PLANTED}  # fmt: skip
    best_known = models.get("small_cnn", next(iter(models.values())))["power"][SEQUENTIAL]
    return {
        "false_verdicts": share(hits, sum(int(rate["comparisons"]) for rate in real)),
        "power": {planted: each["rate"] for planted, each in best_known.items()},
        "power_of_the_noisiest_model": strictest,
        "models": models,
    }


def _measure_model(of_model: dict[str, np.ndarray], generator: np.random.Generator, count: int) -> dict[str, Any]:
    null = from_pool(of_model, generator)
    simulated = {
        "simulated, drawn splits": from_model(of_model, generator, is_fixed=False),
        "simulated, fixed set": from_model(of_model, generator, is_fixed=True),
    }
    planted = {str(points): from_pool(of_model, generator, points) for points in PLANTED}
    accuracy = 100 * of_model["right"].mean(axis=2)
    return {
        "pairs": len(accuracy),
        "accuracy": float(accuracy.mean()),
        "standard_deviation": float(np.std(accuracy[:, 0] - accuracy[:, 1], ddof=1)),
        "false_verdicts": {
            source: {name: false_verdicts(draw, schedule, count) for name, schedule in SCHEDULES.items()}
            for source, draw in {"pool": null, **simulated}.items()
        },
        "false_verdicts_extended": {
            source: false_verdicts(draw, EXTENDED, count) for source, draw in {"pool": null, **simulated}.items()
        },
        "power": {
            name: {points: power(draw, schedule, count) for points, draw in planted.items()}
            for name, schedule in SCHEDULES.items()
        },
        "power_among_three": {points: power(draw, SCHEDULES[SEQUENTIAL], count, 3) for points, draw in planted.items()},
        "other_methods_5_seeds": {
            name: others(draw, 5, count)
            for name, draw in {"pool": null, **simulated, **{f"planted {key}": planted[key] for key in planted}}.items()
        },
    }


def print_table(result: dict[str, Any]) -> None:
    """For people."""
    print_rates(result.get("metrics", {}))
    print_rates(result.get("conditions", {}), "reports under conditions, ")
    for name, by_schedule in result.get("claims", {}).items():
        for looked, rate in by_schedule.items():
            print(f"reports with a false claim, {name:32} {looked:14} {_percent(rate)}")
    for name, rate in result.get("confirmations", {}).items():
        print(f"false confirmations {name:45} 5 seeds        {_percent(rate)}")
    for name, rates in result.get("groups", {}).items():
        for what, rate in rates.items():
            print(f"{what:16} {name:32} 5 seeds        {_percent(rate)}")
    for model, of_model in result.get("models", {}).items():
        print(f"{model}: {of_model['pairs']} pairs, accuracy {of_model['accuracy']:.1f} %, "
              f"differences deviate by {of_model['standard_deviation']:.2f} points")  # fmt: skip
        for source, by_schedule in of_model["false_verdicts"].items():
            for name, rate in by_schedule.items():
                print(f"  false verdicts, {source:24} {name:14} {_percent(rate)}")
        for source, rate in of_model["false_verdicts_extended"].items():
            print(f"  false verdicts, {source:24} {'5, 7, 10 seeds':14} {_percent(rate)}")
        for name, by_points in [*of_model["power"].items(), ("same, among 3", of_model["power_among_three"])]:
            for points, rate in by_points.items():
                print(f"  power, {points} points, {name:14} {_percent(rate)}, {rate['seeds']:.1f} seeds")
        for name, rates in of_model["other_methods_5_seeds"].items():
            print(
                f"  5 seeds, {name:24} " + ", ".join(f"{method} {100 * rate:.1f} %" for method, rate in rates.items())
            )
    if "false_verdicts" in result:
        print(f"all comparisons of the pool: {_percent(result['false_verdicts'])} false")


def _percent(rate: dict[str, float]) -> str:
    return f"{100 * rate['rate']:5.1f} % ({100 * rate['low']:.1f} to {100 * rate['high']:.1f})"


def main() -> None:
    """Train or load the pool, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a tiny pool, to see that it works")
    parser.add_argument("--claims-only", action="store_true", help="whole reports and groups only; no pool is trained")
    parser.add_argument("--metrics-only", action="store_true", help="the verdicts by every metric, and nothing else")
    parser.add_argument("--conditions-only", action="store_true", help="verdicts under conditions, and nothing else")
    parser.add_argument("--metrics-pool", type=Path, help="where that pool is, or is to be kept")
    parser.add_argument("--comparisons", type=int, help="of each line; 1000, or 20 if quick, unless given")
    parser.add_argument("--pool", type=Path, help="where the pool is, or is to be kept")
    arguments = parser.parse_args()
    comparisons = arguments.comparisons or (20 if arguments.quick else 1000)
    of_metrics = arguments.metrics_pool or CACHED_POOL.with_stem("quick-metrics" if arguments.quick else "metrics")
    trained = ("linear", 6, 2) if arguments.quick else ("small_cnn", 100, 12)
    result: dict[str, Any] = {}
    if not arguments.claims_only:
        pools = load_or_train_pools(of_metrics, *trained)
        if not arguments.conditions_only:
            result["metrics"] = measure_metrics(pools, comparisons)
        if not arguments.metrics_only:
            result["conditions"] = measure_conditions(
                pools, max(comparisons // 4, 1) if arguments.quick else comparisons
            )
    if not (arguments.metrics_only or arguments.conditions_only):
        result |= _of_accuracy(arguments, comparisons)
    print(json.dumps(result)) if arguments.json else print_table(result)


def _of_accuracy(arguments: argparse.Namespace, comparisons: int) -> dict[str, Any]:
    result: dict[str, Any] = measure_claims(comparisons)
    if arguments.quick and not arguments.claims_only:
        path = arguments.pool or CACHED_POOL.with_stem("quick-pool")
        result |= measure(load_or_train(path, ("linear",), seeds=10, epochs=2), comparisons)
    elif not arguments.claims_only:
        path = arguments.pool or CACHED_POOL
        result |= measure(load_or_train(path, ("small_cnn", "linear"), seeds=70, epochs=30), comparisons)
    return result


if __name__ == "__main__":
    main()
