"""False verdicts under conditions, of which a report has many that share one error, and losses that are found.

Comparisons of one candidate that does nothing, under every condition at every strength, judged by the service's own
report on conditions: what is counted is reports that call any of the differences one. They are drawn from the pool's
pairs of real models, or, as those share trials and have no fixed validation set, from a model of it: an image has a
logit of its own for every condition and strength. What a trial makes of an image's copies goes together, as a part of
its chance is the image's and a part the copy's. On a fixed set, either arm deviates from these logits image by image,
by as much under all conditions as under each of them, and not on average.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE
from api_schemas.reports.conditions import ConditionsReport
from api_schemas.reports.report import Verdict
from augury.conditions.answers import ConditionAnswers, ConditionResults
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.conditions.report import conditions_report
from augury.evidence.judgement import Judgement
from augury.planning.comparison import plan_comparison
from benchmarks.calibrating.metric_rates import MetricPool
from benchmarks.calibrating.pool import CONDITIONS, STRENGTHS, probability
from benchmarks.calibrating.rates import WRONG, share

SEEDS = 5
FROM_POOL = ("accuracy", "balanced_accuracy", "log_loss")
SIMULATED = ("accuracy", "balanced_accuracy")
"""Deciding metrics; probabilities are not simulated."""
CANDIDATE, HARMED, LOST = "nothing", "rotated", 0.1
"""Of the candidate whose harm is to be found: under which condition it loses what share of the images."""
_COMMON = 0.5
"""Of the variance of a trial's chance on a copy: what all copies of the image have in common."""


@dataclass(frozen=True)
class Shown:
    """What a seed's two arms answered: images and labels ``[V]``, ``[2, targets, strengths, V]`` classes and losses."""

    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    losses: np.ndarray | None = None


Draw = Callable[[], list[Shown]]


def measure_conditions(pools: dict[str, MetricPool], comparisons: int) -> dict[str, Any]:
    """The rates, by kind of data, by where comparisons come from, by the deciding metric."""
    generator = np.random.default_rng(24)
    return {name: _measure(pool, generator, comparisons) for name, pool in pools.items()}


def _measure(pool: MetricPool, generator: np.random.Generator, comparisons: int) -> dict[str, Any]:
    of_model = {
        "simulated, drawn splits": _from_model(pool, generator, is_fixed=False),
        "simulated, fixed set": _from_model(pool, generator, is_fixed=True),
    }
    drawn = _from_pool(pool, generator)
    false = {"pool": _rates(drawn, FROM_POOL, pool, comparisons)}
    false |= {name: _rates(draw, SIMULATED, pool, comparisons) for name, draw in of_model.items()}
    harmed = _harmed(drawn, generator, pool.scores.shape[-1])
    return false | {"power, drawn splits": _rates(harmed, SIMULATED, pool, comparisons, harmed=HARMED)}


def _rates(
    draw: Draw, metrics: tuple[str, ...], pool: MetricPool, comparisons: int, *, harmed: str | None = None
) -> dict[str, Any]:
    """How often a report calls anything a difference, or the loss under the condition *harmed* one."""
    asked = {metric: _asked(metric, pool) for metric in metrics}
    hits = dict.fromkeys(metrics, 0)
    for _ in range(comparisons):
        seeds = draw()
        for metric, empty in asked.items():
            verdicts = _verdicts(_report(empty, seeds))
            is_wrong = any(verdict in WRONG for verdict in verdicts.values())
            hits[metric] += is_wrong if harmed is None else verdicts[harmed] is Verdict.HURTS
    return {metric: share(count, comparisons) for metric, count in hits.items()}


def _verdicts(report: ConditionsReport) -> dict[str, Verdict]:
    return {effect.condition: effect.verdict for effect in report.candidates[0].effects}


def _asked(metric: str, pool: MetricPool) -> ComparisonResults:
    """A comparison by that metric of which nothing is there yet."""
    labels = pool.labels[0]
    request = ComparisonRequest.model_validate(
        {
            "kind": "comparison",
            "dataset": {"kind": "builtin", "name": "digits"},
            "candidates": [{"name": CANDIDATE, "spec": {"horizontal_flip": True, "rescale": 1 / 255}}],
            "evaluation": {"seeds": SEEDS, "metric": metric, "conditions": list(CONDITIONS)},
        }
    )
    counts = np.bincount(labels, minlength=pool.scores.shape[-1])
    facts = DatasetFacts(
        images=5 * len(labels), classes={str(label): 5 * int(count) for label, count in enumerate(counts)},
        shape=(8, 8, 1), dtype="uint8", value_range=(0.0, 255.0), channel_mean=[77.0], channel_std=[95.0],
    )  # fmt: skip
    plan = plan_comparison(request, facts)
    assert plan.conditions is not None, "they are asked for"
    # Verdicts are over all strengths; what is shown of single ones takes five times as long and is not judged.
    shown = [target.model_copy(update={"strengths": [1]}) for target in plan.conditions.targets]
    plan = plan.model_copy(update={"conditions": plan.conditions.model_copy(update={"targets": shown})})
    return ComparisonResults(
        job_id="job", request=request, plan=plan, digest="0" * 64, facts=facts, trials=[],
        records={}, probes=[], stopped=False,
    )  # fmt: skip


def _report(empty: ComparisonResults, seeds: list[Shown]) -> ConditionsReport:
    records: dict[str, dict[int, SeedRecord]] = {CANDIDATE: {}, BASELINE: {}}
    answers: dict[tuple[str, int], dict[str, ConditionAnswers]] = {}
    for seed, shown in enumerate(seeds):
        for side, arm in enumerate((CANDIDATE, BASELINE)):
            records[arm][seed] = SeedRecord(
                1.0, 1.0, 0.1, False, False, shown.images, shown.labels, predicted=shown.labels
            )
            answers[arm, seed] = {
                name: ConditionAnswers(
                    shown.images, shown.labels, shown.predicted[side, at], np.empty(0, np.float32),
                    values=None if shown.losses is None else shown.losses[side, at].astype(np.float32),
                )
                for at, name in enumerate(CONDITIONS)
            }  # fmt: skip
    records_of = {arm.name: ArmRecord(arm.name, arm.spec, records[arm.name]) for arm in empty.plan.arms}
    results = replace(empty, records=records_of, conditions=ConditionResults(answers))
    report = conditions_report(results, [Judgement(results.plan.candidates[0], Verdict.INCONCLUSIVE, None, None, None)])
    assert report is not None, "the plan has conditions"
    return report


def _from_pool(pool: MetricPool, generator: np.random.Generator) -> Draw:
    def draw() -> list[Shown]:
        chosen = generator.choice(len(pool.images), SEEDS, replace=False)
        first = generator.integers(0, 2, SEEDS)
        return [
            Shown(
                pool.images[at], pool.labels[at], pool.conditions[at][[one, 1 - one]],
                pool.condition_losses[at][[one, 1 - one]],
            )
            for at, one in zip(chosen, first, strict=True)
        ]  # fmt: skip

    return draw


def _from_model(pool: MetricPool, generator: np.random.Generator, *, is_fixed: bool) -> Draw:
    number, classes = int(pool.images.max()) + 1, pool.scores.shape[-1]
    seen, hits = np.zeros(number), np.zeros((len(CONDITIONS), len(STRENGTHS), number))
    labels = np.zeros(number, np.int64)
    for images, its_labels, predicted in zip(pool.images, pool.labels, pool.conditions, strict=True):
        seen[images] += 2
        hits[..., images] += (predicted == its_labels).sum(axis=0)
        labels[images] = its_labels
    known = np.flatnonzero(seen)
    logits = np.log((hits + 0.5) / (seen - hits + 0.5))
    of_class = [known[labels[known] == label] for label in range(classes)]
    sizes = np.bincount(pool.labels[0], minlength=classes)

    def drawn() -> np.ndarray:
        chosen = [generator.choice(of, size, replace=False) for of, size in zip(of_class, sizes, strict=True)]
        return np.sort(np.concatenate(chosen))

    def draw() -> list[Shown]:
        fixed = drawn()
        own = np.zeros((2, 1, 1, number))
        if is_fixed:
            of_all, of_each = generator.normal(0, 1, (2, 1, 1, number)), (2, len(CONDITIONS), 1, number)
            own = np.sqrt(0.5) * (of_all + generator.normal(0, 1, of_each))
        seeds = []
        for _ in range(SEEDS):
            images = fixed if is_fixed else drawn()
            chance = probability(logits[..., images] + own[..., images])
            common = generator.normal(0, 1, (2, 1, 1, len(images)))
            copies = generator.normal(0, 1, (2, len(CONDITIONS), len(STRENGTHS), len(images)))
            level = stats.norm.cdf(np.sqrt(_COMMON) * common + np.sqrt(1 - _COMMON) * copies)
            predicted = np.where(level < chance, labels[images], (labels[images] + 1) % classes)
            seeds.append(Shown(images, labels[images], predicted.astype(np.uint8)))
        return seeds

    return draw


def _harmed(draw: Draw, generator: np.random.Generator, classes: int) -> Draw:
    """The same, but that the candidate loses a share of the images under one condition, at every strength.

    Twice as many images are prone to it, the same under every seed, and each is lost half of the time.
    """
    at = CONDITIONS.index(HARMED)

    def harmed() -> list[Shown]:
        seeds, made = draw(), []
        prone = generator.random(1 + max(int(each.images.max()) for each in seeds)) < 2 * LOST
        for each in seeds:
            is_lost = prone[each.images] & (generator.random(len(each.images)) < 0.5)
            predicted = each.predicted.copy()
            predicted[0, at][:, is_lost] = (each.labels[is_lost] + 1) % classes
            made.append(Shown(each.images, each.labels, predicted))
        return made

    return harmed
