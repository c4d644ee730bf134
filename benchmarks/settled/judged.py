"""What kept trials say: verdicts of growing numbers of seeds, by the code that reports are made with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from api_schemas.reports.report import Verdict
from api_schemas.training.evaluation import EvaluationSettings
from augury.augmentation.pipeline import ImageDataGeneratorSpec
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.judgement import MeasuredDifference, measure
from augury.evidence.metrics.stored import reduced, stored_outputs
from augury.evidence.metrics.table import metric_of
from augury.evidence.statistics.alpha_spending import confidence_at, looks, scheduled, settled
from augury.evidence.statistics.power import shortfall
from augury.evidence.statistics.verdicts import verdict_of
from settled.trials import BASELINE, KeptTrial, Setting

if TYPE_CHECKING:
    from augury.evidence.metrics.table import Metric

RESERVE = 0.1
"""The share of the error that plans keep for looks that nobody planned."""


@dataclass(frozen=True)
class Counted:
    """What one candidate took."""

    verdict: Verdict
    seeds: int
    is_settled: bool
    half_width: float
    """Of the interval that the verdict is from, points."""


@dataclass(frozen=True)
class Group:
    """All arms of one setting by one metric."""

    setting: Setting
    evaluation: EvaluationSettings
    arms: dict[str, ArmRecord]
    seconds: dict[str, float]
    """Of a trial of each arm, on a processor, the median."""
    metric: Metric

    @property
    def candidates(self) -> list[str]:
        """All arms but the baseline."""
        return [name for name in self.arms if name != BASELINE]

    @cached_property
    def seeds(self) -> list[int]:
        """That all arms have."""
        return sorted(set.intersection(*(set(arm.seeds) for arm in self.arms.values())))

    def seeds_of(self, candidate: str) -> list[int]:
        """That this candidate and the baseline have."""
        return sorted(set(self.arms[candidate].seeds) & set(self.arms[BASELINE].seeds))

    def measured(self, candidate: str, seeds: Sequence[int]) -> MeasuredDifference | None:
        """The candidate against the baseline on some seeds."""
        return measure(self.arms[candidate].on_seeds(seeds), self.arms[BASELINE].on_seeds(seeds), self.metric)

    def judged(self, candidate: str, seeds: Sequence[int], schedule: Sequence[int]) -> Counted | None:
        """The verdict at the first of the schedule's looks that settles it, or at the last; None where none could be.

        Args:
            candidate: an arm.
            seeds: in the order in which they are trained.
            schedule: from ``scheduled``; looks that need more seeds than there are stay untaken.
        """
        counted = None
        for look in schedule:
            if look > len(seeds):
                break
            difference = self.measured(candidate, seeds[:look])
            if difference is None:
                continue
            confidence = confidence_at(schedule, look, self.evaluation.confidence, len(self.candidates))
            interval = difference.estimate.interval(confidence)
            verdict = verdict_of(interval.low, interval.high, self.evaluation.practical_effect)
            counted = Counted(verdict, look, settled(verdict), (interval.high - interval.low) / 2)
            if counted.is_settled:
                break
        return counted

    def by_number(self, candidate: str, seeds: Sequence[int]) -> tuple[Verdict, int | None, bool]:
        """The fewest seeds with which a plan of exactly so many settles the candidate, and the verdict.

        Where all that there are do not, how many would, as the report's advice says it (False then); None where no
        number of seeds would, but more images.
        """
        for number in range(2, len(seeds) + 1):
            counted = self.judged(candidate, seeds, scheduled([number], (), RESERVE))
            if counted is not None and counted.is_settled:
                return counted.verdict, number, True
        difference = self.measured(candidate, seeds)
        assert difference is not None, "two seeds are a difference"
        confidence = 1 - (1 - self.evaluation.confidence) * (1 - RESERVE) / len(self.candidates)
        lacks = shortfall(difference.estimate, self.evaluation.practical_effect, confidence)
        return Verdict.INCONCLUSIVE, lacks.seeds, False


def rounds_of(minimum: int, maximum: int) -> Sequence[int]:
    """The looks of a plan, with what each spends."""
    return scheduled(looks(minimum, maximum), (), RESERVE)


def groups_of(trials: Iterable[KeptTrial], metrics: Sequence[str]) -> list[Group]:
    """The kept trials by setting and metric."""
    settings: dict[Setting, dict[str, list[KeptTrial]]] = {}
    for trial in trials:
        settings.setdefault(trial.setting, {}).setdefault(trial.arm, []).append(trial)
    return [
        _group(setting, {arm: arms[arm] for arm in sorted(arms, key=lambda name: (name != BASELINE, name))}, metric)
        for setting, arms in settings.items()
        if BASELINE in arms
        for metric in metrics
    ]


def _group(setting: Setting, arms: dict[str, list[KeptTrial]], name: str) -> Group:
    trials = [trial for of_arm in arms.values() for trial in of_arm]
    classes = len(trials[0].result.per_class_accuracy)
    evaluation = EvaluationSettings.model_validate({"metric": name})
    metric = metric_of(name, [str(number) for number in range(classes)])
    records = {
        arm: ArmRecord(arm, ImageDataGeneratorSpec(), {trial.seed: _record(trial, metric, classes) for trial in of_arm})
        for arm, of_arm in arms.items()
    }
    seconds = {arm: float(np.median([trial.cpu_seconds for trial in of_arm])) for arm, of_arm in arms.items()}
    return Group(setting, evaluation, records, seconds, metric)


def _record(trial: KeptTrial, metric: Metric, classes: int) -> SeedRecord:
    with np.load(io.BytesIO(trial.predictions.read_bytes())) as stored:
        outputs, indices = stored_outputs(stored, classes), stored["indices"]
    image_values, values = reduced(outputs, [metric])
    result = trial.result
    return SeedRecord(
        accuracy=result.validation_accuracy,
        clean_training_accuracy=result.clean_training_accuracy,
        final_training_loss=result.final_training_loss,
        still_improving=result.still_improving,
        diverged=result.diverged,
        indices=indices,
        labels=outputs.labels,
        predicted=outputs.predicted,
        image_values=image_values,
        metrics=values,
    )
