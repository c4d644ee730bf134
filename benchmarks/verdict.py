"""How long does the standing example take from request to verdict, compared with a plain Keras script?

    python benchmarks/verdict.py [--json] [--seeds 5] [--epochs 30]

The script (plain/keras_script.py) trains the same arms on the same splits with the same model, schedule and initial
weights, and its clock starts when Keras is loaded. Augury is up and its workers are warm, as after `augury up`; its
clock runs from the POST to the report, first with nothing to reuse, then with one candidate changed. The verdict on the
script's predictions is drawn by the same rule from the same kind of interval as Augury's: the training is compared.
Seconds of processors, Augury's of all its processes, tell more where other work runs on the same cores.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import numpy as np
from sklearn.datasets import load_digits

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Plan
from augury.client.client import Client
from augury.datasets.snapshot import Snapshot
from augury.evidence.statistics.paired_outcomes import outcomes_from
from augury.evidence.statistics.variance_components import estimate_paired_difference
from augury.evidence.statistics.verdicts import verdict_of
from augury.local.stack import LocalStack
from augury.planning.comparison import plan_comparison
from augury.planning.splits import RandomSplit
from augury.training.splits import draw_split
from augury.training.streams import BATCHES, INITIALISATION, stream_seed

WORKERS_PATIENCE_SECONDS = 180.0
JOB_PATIENCE_SECONDS = 1800.0


def standing_example(seeds: int, epochs: int) -> dict[str, Any]:
    """The request of `make demo`, without the recommendation, which the script has nothing like."""
    request: dict[str, Any] = json.loads((ROOT / "examples" / "standing-example.json").read_text())
    request["evaluation"]["seeds"], request["training"]["epochs"] = seeds, epochs
    request["recommend"] = False
    return request


def with_one_changed(request: dict[str, Any]) -> dict[str, Any]:
    """The same request, with another rotation for `appropriate`."""
    changed: dict[str, Any] = json.loads(json.dumps(request))
    changed["candidates"][1]["spec"]["rotation_range"] = 25
    return changed


def run_script(folder: Path, request: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The plain script's accuracies and seconds."""
    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    snapshot = Snapshot(images, digits.target.astype(np.int64), [str(digit) for digit in range(10)])
    evaluation = request["evaluation"]
    split = RandomSplit(**{name: evaluation[name] for name in ("validation_fraction", "training_images")})
    problem = {"images": images, "labels": snapshot.labels}
    for seed in plan.seeds:
        drawn = draw_split(snapshot, split, seed)
        problem |= {f"training_{seed}": drawn.training, f"validation_{seed}": drawn.validation}
        for name, stream in (("weights", INITIALISATION), ("batches", BATCHES)):
            problem[f"{name}_{seed}"] = np.asarray(stream_seed(seed, stream))
    np.savez(folder / "problem.npz", **problem)
    arms = [
        {
            "name": arm.name,
            "spec": arm.spec.constructor_arguments(),
            "preprocessing": arm.spec.preprocessing().constructor_arguments(),
        }
        for arm in plan.arms
    ]
    training = ComparisonRequest.model_validate(request).training.model_dump(mode="json")
    asked = {"arms": arms, "seeds": list(plan.seeds), "training": training}
    (folder / "arms.json").write_text(json.dumps(asked))
    script, *files = ("benchmarks/plain/keras_script.py", folder / "problem.npz", folder / "arms.json")
    command = [sys.executable, script, *map(str, files)]
    ran = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    answer: dict[str, Any] = json.loads(ran.stdout)
    right = answer.pop("right")
    accuracies = {arm: {seed: statistics.fmean(each) for seed, each in seeds.items()} for arm, seeds in right.items()}
    units = [problem[f"validation_{seed}"] for seed in plan.seeds]
    return answer | {"accuracies": accuracies, "verdicts": verdicts_of(request, plan, right, units)}


def verdicts_of(
    request: dict[str, Any], plan: Plan, right: dict[str, dict[str, list[int]]], units: list[Any]
) -> dict[str, str]:
    """A verdict for each candidate, simultaneous over them, from who got which images right on which seed."""
    evaluation = ComparisonRequest.model_validate(request).evaluation
    confidence = 1 - (1 - evaluation.confidence) / len(plan.candidates)
    verdicts = {}
    for candidate in plan.candidates:
        outcomes = outcomes_from(list(right[candidate.arm].values()), list(right["baseline"].values()), units)
        interval = estimate_paired_difference(outcomes).interval(confidence)
        verdicts[candidate.name] = str(verdict_of(interval.low, interval.high, evaluation.practical_effect))
    return verdicts


def run_augury(client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """Seconds from the POST to the report, verdicts, accuracies, and how many trials were reused.

    It listens, as people do who follow a job: to ask again after each change takes the service several times as much.
    """
    began, worked_before = time.perf_counter(), processor_seconds()
    job = client.submit(request)
    for seen in client.watch(job.id):
        if time.perf_counter() - began > JOB_PATIENCE_SECONDS:
            raise TimeoutError(f"{job.id} is still {seen.state}")
    report = client.report(job.id)
    seconds, worked = time.perf_counter() - began, processor_seconds() - worked_before
    accuracies: dict[str, dict[str, float]] = {}
    trials = client.trials(job.id).items
    for trial in trials:
        if trial.result is not None:
            accuracies.setdefault(trial.arm, {})[str(trial.seed)] = trial.result.validation_accuracy
    return {
        "seconds": seconds,
        "processor_seconds": worked,
        "verdicts": {candidate.name: str(candidate.verdict) for candidate in report.candidates},
        "accuracies": accuracies,
        "trials_reused": sum(trial.reused for trial in trials),
        "seconds_a_trial": statistics.fmean(trial.result.seconds for trial in trials if trial.result),
    }


def processor_seconds() -> float:
    """What this process, all that came of it, and what these have waited for have taken of processors so far."""
    parents, seconds = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            seconds[int(stat.parent.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    mine, found = {os.getpid()}, 0
    while len(mine) > found:
        found = len(mine)
        mine |= {process for process, parent in parents.items() if parent in mine}
    return sum(seconds[process] for process in mine)


def wait_until_warm(log_dir: Path) -> None:
    """Return when every training process of the stack has loaded what it trains with."""
    give_up_at = time.monotonic() + WORKERS_PATIENCE_SECONDS
    expected = len(os.sched_getaffinity(0))
    while sum(path.read_text().count("ready to train") for path in log_dir.glob("cpu*")) < expected:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"the workers did not come up; see {log_dir}")
        time.sleep(0.2)


def measure(seeds: int, epochs: int) -> dict[str, Any]:
    """Both, one after the other, and what they have in common."""
    request = standing_example(seeds, epochs)
    plan = plan_comparison(ComparisonRequest.model_validate(request), "uint8")
    with tempfile.TemporaryDirectory() as folder:
        with LocalStack(Path(folder) / "stack") as stack, Client(stack.url) as client:
            wait_until_warm(stack.log_dir)
            cold, changed = run_augury(client, request), run_augury(client, with_one_changed(request))
        script = run_script(Path(folder), request, plan)
    return {
        "ratio_cold": script["seconds"] / cold["seconds"],
        "ratio_one_changed": script["seconds"] / changed["seconds"],
        "processor_ratio_cold": script["processor_seconds"] / cold["processor_seconds"],
        "processor_ratio_one_changed": script["processor_seconds"] / changed["processor_seconds"],
        "same_verdicts": script["verdicts"] == cold["verdicts"],
        "trials": plan.trials,
        "script": script,
        "augury": cold,
        "augury_one_changed": changed,
    }


def show(result: dict[str, Any]) -> None:
    """Both tables and the ratios, for a person."""
    for name in ("script", "augury", "augury_one_changed"):
        run = result[name]
        print(f"{name}: {run['seconds']:.1f} s, {run['processor_seconds']:.1f} s of processors")
        for arm, by_seed in sorted(run["accuracies"].items()):
            mean = 100 * statistics.fmean(by_seed.values())
            verdict = run["verdicts"].get(arm, "")
            print(f"  {arm:24} {mean:5.1f} %  {verdict}")
    print(
        f"script to augury: {result['ratio_cold']:.1f}; with one candidate changed: {result['ratio_one_changed']:.1f}"
    )
    cold, changed = result["processor_ratio_cold"], result["processor_ratio_one_changed"]
    print(f"in seconds of processors: {cold:.1f}; with one candidate changed: {changed:.1f}")
    print(f"same verdicts: {result['same_verdicts']}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()
    result = measure(arguments.seeds, arguments.epochs)
    print(json.dumps(result)) if arguments.json else show(result)


if __name__ == "__main__":
    main()
