"""Whole reports, groups and confirmations of candidates that do nothing: how often anything is claimed of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Round
from api_schemas.reports.report import Verdict
from augury.evidence.analysis import analyse
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_report import comparison_report
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.statistics.paired_outcomes import PairedOutcomes, outcomes_from
from augury.evidence.statistics.variance_components import estimate_paired_difference
from augury.evidence.statistics.verdicts import verdict_of
from augury.evidence.why.claims import claims_of
from augury.planning.comparison import plan_comparison, with_round
from benchmarks.calibrating.pool import Draw, probability
from benchmarks.calibrating.rates import CONFIDENCE, MARGIN, SCHEDULES, false_verdicts, power, share

SEARCHED, IMAGES, SEEDS = 20, 200, 5
"""Of a search whose best candidate is confirmed."""


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
            right = generator.random(len(indices)) < probability(own[indices] + generator.normal(0, 0.1))
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
        "confirmations": {
            "on the images that selected": false_confirmations(comparisons, is_held_out=False),
            "on images that were kept for it": false_confirmations(comparisons, is_held_out=True),
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


def false_confirmations(comparisons: int, *, is_held_out: bool) -> dict[str, float]:
    """The share of searches among candidates that do nothing whose best one is confirmed to help.

    On the images that it was chosen on, or on as many others; 1.25 % are allowed, as the confirmation's two intervals
    share the error and one end of one of them counts.
    """
    generator, confirmed = np.random.default_rng(23), 0
    for _ in range(comparisons):
        easy = generator.normal(2, 2, 2 * IMAGES)
        arms = easy + generator.normal(0, 0.7, (1 + SEARCHED, 2 * IMAGES))
        chosen_on = np.arange(IMAGES)
        chances = probability(arms[:, chosen_on])
        found = (generator.random((SEEDS, *chances.shape)) < chances).mean(axis=(0, 2))
        best = 1 + int(found[1:].argmax())
        judged_on = chosen_on + IMAGES if is_held_out else chosen_on
        sides = [list(generator.random((SEEDS, IMAGES)) < probability(arms[arm, judged_on])) for arm in (best, 0)]
        estimate = estimate_paired_difference(outcomes_from(sides[0], sides[1], [judged_on] * SEEDS))
        interval = estimate.interval(1 - (1 - CONFIDENCE) / 2)
        confirmed += verdict_of(interval.low, interval.high, MARGIN) is Verdict.HELPS
    return share(confirmed, comparisons)
