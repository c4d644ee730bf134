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
--claims-only leaves the pool out.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

sys.path[0] = str(Path(__file__).resolve().parents[1])

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Round
from api_schemas.reports.report import Verdict
from augury.evidence.analysis import analyse
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_report import comparison_report
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.statistics.alpha_spending import Schedule, confidence_at, looks, scheduled, settled
from augury.evidence.statistics.paired_outcomes import PairedOutcomes, outcomes_from
from augury.evidence.statistics.variance_components import estimate_paired_difference
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.why.claims import claims_of
from augury.planning.comparison import RESERVE, plan_comparison, with_round

CONFIDENCE, MARGIN = 0.95, 0.5
VALIDATION_FRACTION, TRAINING_IMAGES = 0.2, 500
SCHEDULES = {
    "5 seeds": scheduled(looks(5, 5), (), RESERVE),
    "3 to 10 seeds": scheduled(looks(3, 10), (), RESERVE),
}
EXTENDED = scheduled(looks(5, 5), (7, 10), RESERVE)  # twice, while undecided
SEQUENTIAL = "3 to 10 seeds"
PLANTED = (1, 2, 5)
CACHED_POOL = Path(__file__).parent / ".cache" / "calibration-pool.npz"
WRONG = (Verdict.HELPS, Verdict.HURTS)

Pool = dict[str, dict[str, np.ndarray]]  # by model: images [seeds, V] and right [seeds, 2, V]
Draw = Callable[[int], PairedOutcomes]  # a comparison of so many seeds


class Silent:
    """A monitor that lets trials go on."""

    def report_progress(self, **progress: Any) -> None:
        """Hear of progress."""

    def raise_if_cancelled(self) -> None:
        """Let it go on."""


def train_pool(models: tuple[str, ...], seeds: int, epochs: int) -> Pool:
    """Two trials of the same arm on each seed's split, for each model."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from sklearn.datasets import load_digits

    from api_schemas.augmentation import ImageDataGeneratorSpec
    from api_schemas.training.models import ModelSpec, TrainingSettings
    from augury.datasets.snapshot import SPLIT_CODES, Snapshot
    from augury.planning.splits import FixedSplit, RandomSplit
    from augury.planning.trial_definition import TRAINING_VERSION, TrialDefinition
    from augury.training.splits import draw_split
    from augury.training.trial import train_trial

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    digits = Snapshot(images, bunch.target.astype(np.int64), [str(digit) for digit in range(10)])
    drawn = RandomSplit(validation_fraction=VALIDATION_FRACTION, training_images=TRAINING_IMAGES)
    pool: Pool = {}
    for model in models:
        validated, right = [], []
        for seed in range(seeds):
            split = draw_split(digits, drawn, seed)
            sides = np.full(len(digits.labels), -1, np.int8)
            sides[split.training], sides[split.validation] = SPLIT_CODES["train"], SPLIT_CODES["validation"]
            definition = TrialDefinition(
                version=TRAINING_VERSION,
                engine="augury",
                dataset="digits",
                split=FixedSplit(validation="validation", training_images=None),
                model=ModelSpec.model_validate({"name": model}),
                training=TrainingSettings(epochs=epochs),
                spec=ImageDataGeneratorSpec(rescale=1 / 255),
                seed=seed,
            )
            # The split is given, so another seed changes initial weights and batch order alone.
            trials = [
                train_trial(definition.model_copy(update={"seed": own}), replace(digits, splits=sides), Silent())
                for own in (seed, seed + 1_000_000)
            ]
            stored = [np.load(io.BytesIO(trial.predictions)) for trial in trials]
            validated.append(stored[0]["indices"])
            right.append([each["labels"] == each["predicted"] for each in stored])
            print(f"\r{model}: {seed + 1} of {seeds} pairs", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        pool[model] = {"images": np.array(validated), "right": np.array(right)}
    return pool


def load_or_train(path: Path, models: tuple[str, ...], seeds: int, epochs: int) -> Pool:
    """The pool in that file, which is made if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pool = train_pool(models, seeds, epochs)
        np.savez_compressed(path, **{f"{model}/{name}": of[name] for model, of in pool.items() for name in of})
    with np.load(path) as stored:
        names = sorted({name.split("/")[0] for name in stored.files})
        return {model: {name: stored[f"{model}/{name}"] for name in ("images", "right")} for model in names}


def from_pool(of_model: dict[str, np.ndarray], generator: np.random.Generator, planted: float = 0.0) -> Draw:
    """Comparisons of pairs of the pool, in which the candidate loses *planted* points on average."""
    images, right = of_model["images"], of_model["right"]
    # Half of the prone images are missed; only those that were recognised can be lost.
    prone_share = 2 * planted / 100 / right.mean()

    def draw(seeds: int) -> PairedOutcomes:
        chosen = generator.choice(len(images), seeds, replace=False)
        first = generator.integers(0, 2, seeds)
        prone = generator.random(images.max() + 1) < prone_share
        missed = prone[images[chosen]] & (generator.random((seeds, images.shape[1])) < 0.5)
        candidate = right[chosen, first] & ~missed
        return outcomes_from(list(candidate), list(right[chosen, 1 - first]), list(images[chosen]))

    return draw


def from_model(of_model: dict[str, np.ndarray], generator: np.random.Generator, *, is_fixed: bool) -> Draw:
    """Independent comparisons from a model of the pool; with *is_fixed* on one validation set that the images make.

    Every image has a logit, and every trial an offset to all of them, whose deviation is the one that makes the seeds'
    differences as variable as they are. On a fixed set, the arms have logits of their own for every image, drawn anew
    for each comparison and without a difference on average: what arms do that differ, but not in accuracy.
    """
    images, right = of_model["images"], of_model["right"]
    seen = 2 * np.bincount(images.ravel())
    hits = np.bincount(images.ravel(), right.sum(axis=1).ravel())
    logits = np.log((hits + 0.5) / (seen - hits + 0.5))[seen > 0]
    drawn = images.shape[1]
    offset = _offset_deviation(logits, right)

    def draw(seeds: int) -> PairedOutcomes:
        arms = np.stack([logits, logits])
        if is_fixed:
            arms = arms[:, generator.choice(len(logits), drawn)] + generator.normal(0, 1, (2, drawn))
        indices = [np.arange(drawn) if is_fixed else generator.choice(len(logits), drawn, False) for _ in range(seeds)]
        sides = [
            [generator.random(drawn) < _probability(arm[of_seed] + generator.normal(0, offset)) for of_seed in indices]
            for arm in arms
        ]
        return outcomes_from(sides[0], sides[1], indices)

    return draw


def _offset_deviation(logits: np.ndarray, right: np.ndarray) -> float:
    """By matching moments: the variance of a pair's difference beyond that of drawing outcomes alone."""
    probability = _probability(logits)
    of_drawing = 2 * np.mean(probability * (1 - probability)) / right.shape[2]
    accuracy = right.mean(axis=2)
    beyond = max(0.0, float(np.var(accuracy[:, 0] - accuracy[:, 1], ddof=1) - of_drawing))
    slope = float(np.mean(probability * (1 - probability)))  # of the accuracy over the offset
    return float(np.sqrt(beyond / 2) / slope)


def _probability(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def verdict_after(outcomes: PairedOutcomes, schedule: Schedule, candidates: int = 1) -> tuple[Verdict, int]:
    """The verdict of a comparison, and the seeds that it took. Seeds are looked at in their order."""
    verdict = Verdict.INCONCLUSIVE
    for look in schedule:
        so_far = outcomes.only(outcomes.seed < look)
        assert so_far is not None
        interval = estimate_paired_difference(so_far).interval(confidence_at(schedule, look, CONFIDENCE, candidates))
        verdict = verdict_of(interval.low, interval.high, MARGIN)
        if settled(verdict):
            return verdict, look
    return verdict, schedule[-1]


def share(hits: int, comparisons: int) -> dict[str, float]:
    """A rate with its exact 95 % interval (Clopper and Pearson)."""
    interval = stats.binomtest(hits, comparisons).proportion_ci(0.95)
    return {"rate": hits / comparisons, "low": interval.low, "high": interval.high, "comparisons": comparisons}


def false_verdicts(draw: Draw, schedule: Schedule, comparisons: int) -> dict[str, float]:
    """The share of comparisons that find a difference where there is none."""
    verdicts = [verdict_after(draw(schedule[-1]), schedule)[0] for _ in range(comparisons)]
    return share(sum(verdict in WRONG for verdict in verdicts), comparisons)


def power(draw: Draw, schedule: Schedule, comparisons: int, candidates: int = 1) -> dict[str, float]:
    """The share of comparisons that find a planted loss, and the seeds that they take."""
    found = [verdict_after(draw(schedule[-1]), schedule, candidates) for _ in range(comparisons)]
    seeds = float(np.mean([used for _, used in found]))
    return share(sum(verdict is Verdict.HURTS for verdict, _ in found), comparisons) | {"seeds": seeds}


def from_groups(generator: np.random.Generator, *, groups: int, is_even: bool, difference: float = 0.0) -> Draw:
    """Comparisons on all of so many groups of 50 images on average, of one size or log-normal ones.

    What the candidate does to a group deviates by 8 points from *difference* points, which it loses on average.
    """

    def draw(seeds: int) -> PairedOutcomes:
        sizes = np.full(groups, 50) if is_even else np.maximum(2, generator.lognormal(3.41, 1, groups)).astype(int)
        unit = np.repeat(np.arange(groups), sizes)
        own = 0.8 - difference / 100 + generator.normal(0, 0.08, groups)[unit]
        right = [
            [generator.random(len(unit)) < chance for _ in range(seeds)] for chance in (own, np.full(len(unit), 0.8))
        ]
        return outcomes_from(right[0], right[1], [unit] * seeds)

    return draw


@dataclass(frozen=True)
class Setting:
    """Of a comparison whose candidates do nothing, for the claims of its report."""

    images: int = 400
    drawn: int = 200
    rare_share: float = 0.5
    """Of the second of two classes."""
    group_size: int = 1
    preprocessings: int = 2
    """Every so many-th candidate has a preprocessing of its own, and so two parts."""


SETTINGS = {
    "drawn splits": Setting(),
    "fixed set": Setting(images=200),
    "one class of 5 %": Setting(images=200, rare_share=0.05),
    "groups of 10": Setting(images=400, drawn=400, group_size=10),
}


_REPORTS = {1: 4, 10: 10}
"""By the number of candidates: of so many comparisons one, as whole reports take long."""


def null_comparison(
    generator: np.random.Generator, setting: Setting, candidates: int, schedule: list[int]
) -> ComparisonResults:
    """Arms that differ image by image, or group by group, and not on average, on the seeds of a whole schedule."""
    specs: list[dict[str, Any]] = [
        {"horizontal_flip": True, "samplewise_center": True, "fill_mode": "wrap", "cval": float(number)}
        if number % setting.preprocessings == 1
        else {"horizontal_flip": True, "rescale": 1 / 255, "cval": float(number)}
        for number in range(candidates)
    ]
    named = [{"name": f"c{number}", "spec": spec} for number, spec in enumerate(specs)]
    request = ComparisonRequest.model_validate(
        {
            "kind": "comparison",
            "dataset": {"kind": "builtin", "name": "digits"},
            "candidates": named,
            "evaluation": {"seeds": {"min": schedule[0], "max": schedule[-1]}},
        }
    )
    plan = plan_comparison(request, "uint8")
    seeds = list(range(schedule[-1]))
    later = Round(arms=[arm.name for arm in plan.arms], seeds=[seed for seed in seeds if seed not in plan.seeds])
    plan = with_round(plan, later) if later.seeds else plan
    labels = (np.arange(setting.images) % round(1 / setting.rare_share) == 0).astype(np.int64)
    groups = np.arange(setting.images) // setting.group_size
    shown = [np.sort(generator.choice(setting.images, setting.drawn, replace=False)) for _ in seeds]
    easy = generator.normal(2, 2, setting.images)

    def record(name: str, spec: ImageDataGeneratorSpec) -> ArmRecord:
        own = easy + generator.normal(0, 0.5, setting.images)[groups]
        trials = {}
        for seed, indices in enumerate(shown):
            right = generator.random(len(indices)) < _probability(own[indices] + generator.normal(0, 0.1))
            predicted = np.where(right, labels[indices], 1 - labels[indices])
            trials[seed] = SeedRecord(float(right.mean()), 0.99, 0.1, False, False, indices, labels[indices], predicted)
        return ArmRecord(name, spec, trials)

    return ComparisonResults(
        job_id="job",
        request=request,
        plan=plan,
        digest="0" * 64,
        facts=DatasetFacts(
            images=setting.images, classes={"a": int((labels == 0).sum()), "b": int(labels.sum())}, shape=(8, 8, 1),
            dtype="uint8", value_range=(0.0, 255.0), channel_mean=[77.0], channel_std=[95.0],
        ),
        trials=[],
        records={arm.name: record(arm.name, arm.spec) for arm in plan.arms},
        probes=[],
        stopped=False,
        groups=groups if setting.group_size > 1 else None,
    )  # fmt: skip


def false_claims(setting: Setting, candidates: int, schedule: list[int], comparisons: int) -> dict[str, float]:
    """The share of reports that claim any direction, where no candidate does anything."""
    generator = np.random.default_rng(21)
    reports = (
        comparison_report(
            analyse(null_comparison(generator, setting, candidates, schedule)), "2027-01-15T08:00:00.000Z"
        )
        for _ in range(comparisons)
    )
    return share(sum(bool(claims_of(report)) for report in reports), comparisons)


def measure_claims(comparisons: int) -> dict[str, Any]:
    """All claims of reports on candidates that do nothing, and verdicts on groups."""
    generator = np.random.default_rng(22)
    kinds = {"one size": True, "log-normal sizes": False}
    drawn = {
        f"{groups} groups, {name}": {"groups": groups, "is_even": is_even}
        for groups in (5, 20, 100)
        for name, is_even in kinds.items()
    }
    return {
        "claims": {
            f"{name}, {candidates} candidate{'s' * (candidates > 1)}": {
                looked: false_claims(setting, candidates, schedule, max(comparisons // _REPORTS[candidates], 1))
                for looked, schedule in SCHEDULES.items()
            }
            for candidates in _REPORTS
            for name, setting in SETTINGS.items()
        },
        "groups": {
            name: {
                "false verdicts": false_verdicts(from_groups(generator, **given), SCHEDULES["5 seeds"], comparisons),
                "10 points found": power(
                    from_groups(generator, **given, difference=10), SCHEDULES["5 seeds"], comparisons
                ),
            }
            for name, given in drawn.items()
        },
    }


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
    for name, by_schedule in result["claims"].items():
        for looked, rate in by_schedule.items():
            print(f"reports with a false claim, {name:32} {looked:14} {_percent(rate)}")
    for name, rates in result["groups"].items():
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
    parser.add_argument("--comparisons", type=int, help="of each line; 1000, or 20 if quick, unless given")
    parser.add_argument("--pool", type=Path, help="where the pool is, or is to be kept")
    arguments = parser.parse_args()
    comparisons = arguments.comparisons or (20 if arguments.quick else 1000)
    result = measure_claims(comparisons)
    if arguments.quick and not arguments.claims_only:
        path = arguments.pool or CACHED_POOL.with_stem("quick-pool")
        result |= measure(load_or_train(path, ("linear",), seeds=10, epochs=2), comparisons)
    elif not arguments.claims_only:
        path = arguments.pool or CACHED_POOL
        result |= measure(load_or_train(path, ("small_cnn", "linear"), seeds=70, epochs=30), comparisons)
    print(json.dumps(result)) if arguments.json else print_table(result)


if __name__ == "__main__":
    main()
