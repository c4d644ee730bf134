"""False verdicts and power of every metric that may decide, on even classes and with a class of 5 %.

The pool is of real trials on digits, two that differ in nothing but their randomness on every seed's split. Comparisons
of its pairs share trials and cannot have a fixed validation set, so as many are simulated from a model of it: an
image's log-probabilities are their mean over the pool's trials, and a trial deviates from that as the pool's do, by a
residual that one of them left. On a fixed set, either arm has log-probabilities of its own for every image, which
deviate from the common ones by as much as trials do, without a difference on average.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from augury.evidence.metrics.outputs import ImageDifferences, Outputs
from augury.evidence.metrics.table import Metric, metric_of
from augury.evidence.statistics.alpha_spending import confidence_at
from augury.evidence.statistics.paired_outcomes import outcomes_of
from augury.evidence.statistics.variance_components import estimate_paired_difference
from benchmarks.calibrating.pool import trained_pairs
from benchmarks.calibrating.rates import CONFIDENCE, SCHEDULES, share

SEEDS = 5
_CONFIDENCE = confidence_at(SCHEDULES["5 seeds"], SEEDS, CONFIDENCE)
"""Of the one look of such a comparison, which leaves a tenth of the error to extensions."""

METRICS = (
    "accuracy", "balanced_accuracy", "macro_f1", "recall", "precision", "roc_auc", "log_loss", "top_k:2",
    "calibration_error",
)  # fmt: skip
"""Recall and precision are those of the last class, which is the rare one."""

DATA: dict[str, tuple[list[int], int | None]] = {
    "even classes": ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], None),
    "a class of 5 %": ([3, 5, 9, 8], 28),
}
HARMS = {"even classes": (None, 0.05), "a class of 5 %": (-1, 0.5)}
"""Of the candidate whose harm is to be found: the class, or None for all, and the share of its images that are lost."""


@dataclass(frozen=True)
class MetricPool:
    """Pairs of trials: images and labels ``[pairs, V]``, log-probabilities ``[pairs, 2, V, classes]``.

    Under conditions the classes that images were taken for, and log losses, both ``[pairs, 2, targets, strengths, V]``.
    """

    images: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    conditions: np.ndarray
    condition_losses: np.ndarray


_OF_TRIALS = {"scores": "log_probabilities", "conditions": "conditions", "condition_losses": "condition_losses"}
"""Of a pool, and what trials call it."""


@dataclass(frozen=True)
class _Side:
    """One arm on one seed."""

    labels: np.ndarray
    predicted: np.ndarray
    image_values: np.ndarray | None


Seed = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # images, labels, and both arms' log-probabilities
Draw = Callable[[], list[Seed]]


def load_or_train_pools(path: Path, model: str, seeds: int, epochs: int) -> dict[str, MetricPool]:
    """The pools in that file, which is made if there is none; what was trained for it so far lies beside it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {}
        for name, (classes, images_of_last) in DATA.items():
            kept_in = path.with_suffix("") / name
            pairs = list(trained_pairs(classes, images_of_last, model, range(seeds), epochs, kept_in))
            arrays[f"{name}/images"] = np.array([pair[0]["indices"] for pair in pairs])
            arrays[f"{name}/labels"] = np.array([pair[0]["labels"] for pair in pairs])
            for part, kept_as in _OF_TRIALS.items():
                arrays[f"{name}/{part}"] = np.array([[each[kept_as] for each in pair] for pair in pairs])
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    with np.load(path) as stored:
        return {
            name: MetricPool(**{part.name: stored[f"{name}/{part.name}"] for part in fields(MetricPool)})
            for name in DATA
        }


def measure_metrics(pools: dict[str, MetricPool], comparisons: int) -> dict[str, Any]:
    """The rates, by kind of data, by where comparisons come from, by metric."""
    generator = np.random.default_rng(12)
    return {name: _measure(pool, generator, comparisons, *HARMS[name]) for name, pool in pools.items()}


def _measure(
    pool: MetricPool, generator: np.random.Generator, comparisons: int, harmed: int | None, lost: float
) -> dict[str, Any]:
    classes = pool.scores.shape[-1]
    label = None if harmed is None else harmed % classes
    nulls = {
        "pool": _from_pool(pool, generator),
        "simulated, drawn splits": _from_model(pool, generator, is_fixed=False),
        "simulated, fixed set": _from_model(pool, generator, is_fixed=True),
    }
    found = {
        "power, drawn splits": _harmed(_from_pool(pool, generator), generator, label, lost),
        "power, fixed set": _harmed(_from_model(pool, generator, is_fixed=True), generator, label, lost),
    }
    names = [f"{name}:{classes - 1}" if name in ("recall", "precision") else name for name in METRICS]
    metrics = [metric_of(name, [str(each) for each in range(classes)]) for name in names]
    rates = {name: _rates(draw, metrics, classes, comparisons, either=True) for name, draw in nulls.items()}
    return rates | {name: _rates(draw, metrics, classes, comparisons, either=False) for name, draw in found.items()}


def _rates(draw: Draw, metrics: list[Metric], classes: int, comparisons: int, *, either: bool) -> dict[str, Any]:
    """How often each metric's interval leaves zero out: on *either* side, or on the side of a loss."""
    hits = dict.fromkeys((metric.choice.kind for metric in metrics), 0)
    for _ in range(comparisons):
        seeds = draw()
        outputs = [[_outputs(labels, scores, classes) for scores in arms] for _, labels, *arms in seeds]
        for metric in metrics:
            low, high = _interval(metric, [images for images, *_ in seeds], outputs)
            hits[metric.choice.kind] += high < 0 or (either and low > 0)
    return {name: share(int(count), comparisons) for name, count in hits.items()}


def _interval(metric: Metric, images: list[np.ndarray], outputs: list[list[Outputs]]) -> tuple[float, float]:
    differences: dict[int, ImageDifferences] = {}
    for seed, arms in enumerate(outputs):
        sides = [_Side(each.labels, each.predicted, metric.image_values(each)) for each in arms]
        of_images = metric.differences(*sides)
        if of_images is not None:
            differences[seed] = of_images
    outcomes = outcomes_of(differences, {seed: images[seed] for seed in differences})
    if outcomes is None:
        return -np.inf, np.inf
    interval = estimate_paired_difference(outcomes).interval(_CONFIDENCE)
    return interval.low, interval.high


def _outputs(labels: np.ndarray, scores: np.ndarray, classes: int) -> Outputs:
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    of_true = probabilities[np.arange(len(labels)), labels]
    return Outputs(
        labels=labels,
        predicted=probabilities.argmax(axis=1),
        classes=classes,
        probability=of_true,
        confidence=probabilities.max(axis=1),
        rank=(probabilities > of_true[:, np.newaxis]).sum(axis=1),
        log_probabilities=scores,
    )


def _from_pool(pool: MetricPool, generator: np.random.Generator) -> Draw:
    def draw() -> list[Seed]:
        chosen = generator.choice(len(pool.images), SEEDS, replace=False)
        first = generator.integers(0, 2, SEEDS)
        return [
            (pool.images[at], pool.labels[at], *(pool.scores[at, side].astype(np.float64) for side in (one, 1 - one)))
            for at, one in zip(chosen, first, strict=True)
        ]  # type: ignore[misc]

    return draw


def _from_model(pool: MetricPool, generator: np.random.Generator, *, is_fixed: bool) -> Draw:
    number, classes = int(pool.images.max()) + 1, pool.scores.shape[-1]
    seen, totals, labels = np.zeros(number), np.zeros((number, classes)), np.zeros(number, np.int64)
    for images, its_labels, scores in zip(pool.images, pool.labels, pool.scores.astype(np.float64), strict=True):
        seen[images] += 2
        totals[images] += scores.sum(axis=0)
        labels[images] = its_labels
    known = np.flatnonzero(seen)
    mean = totals / np.maximum(seen, 1)[:, np.newaxis]
    residuals = np.concatenate(
        [(each - mean[images]).reshape(-1, classes) for images, each in zip(pool.images, pool.scores, strict=True)]
    )
    of_class = [known[labels[known] == label] for label in range(classes)]
    sizes = np.bincount(pool.labels[0], minlength=classes)

    def drawn() -> np.ndarray:
        return np.concatenate(
            [generator.choice(of, size, replace=False) for of, size in zip(of_class, sizes, strict=True)]
        )

    def draw() -> list[Seed]:
        fixed = drawn()
        own = residuals[generator.integers(len(residuals), size=(2, number))] if is_fixed else np.zeros((2, 1, classes))
        seeds = []
        for _ in range(SEEDS):
            images = fixed if is_fixed else drawn()
            arms = [
                mean[images]
                + (own[side][images] if is_fixed else 0.0)
                + residuals[generator.integers(len(residuals), size=len(images))]
                for side in range(2)
            ]
            seeds.append((images, labels[images], *arms))
        return seeds

    return draw


def _harmed(draw: Draw, generator: np.random.Generator, label: int | None, lost: float) -> Draw:
    """The same, but that the candidate takes a share of the images, or of those of a class, for another class.

    Twice as many images are prone to it, the same under every seed, and each is lost half of the time.
    """

    def harmed() -> list[Seed]:
        seeds = draw()
        number = 1 + max(int(images.max()) for images, *_ in seeds)
        prone, made = generator.random(number) < 2 * lost, []
        for images, labels, candidate, reference in seeds:
            is_lost = prone[images] & (generator.random(len(images)) < 0.5)
            if label is not None:
                is_lost &= labels == label
            made.append((images, labels, _taken_for_another(candidate, labels, is_lost), reference))
        return made

    return harmed


def _taken_for_another(scores: np.ndarray, labels: np.ndarray, is_lost: np.ndarray) -> np.ndarray:
    """The true class changes places with the most probable of the others."""
    changed, rows = scores.copy(), np.flatnonzero(is_lost)
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    rival = others.argmax(axis=1)
    own, its = scores[rows, labels[rows]], scores[rows, rival[rows]]
    changed[rows, labels[rows]], changed[rows, rival[rows]] = np.minimum(own, its), np.maximum(own, its)
    return changed


def print_rates(measured: dict[str, Any], what: str = "") -> None:
    """For people, and as the rows of a table."""
    for name, by_source in measured.items():
        for source, rates in by_source.items():
            told = ", ".join(f"{metric} {100 * rate['rate']:.1f}" for metric, rate in rates.items())
            print(f"{what}{name}, {source}, %: {told}")
