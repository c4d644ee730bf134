"""From what models answered under conditions to a verdict for each candidate under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from api_schemas.plans import BASELINE
from api_schemas.reports.conditions import (
    CandidateUnderConditions,
    ConditionEffect,
    ConditionsReport,
    StrengthEffect,
)
from api_schemas.reports.differences import Verdict
from api_schemas.reports.evidence import Cause
from api_schemas.training.conditions import ConditionTarget
from augury.conditions.answers import ConditionAnswers, ConditionResults
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.conditions.sentence import images_in_words, sentence_of
from augury.evidence.judgement import Judgement, difference_between
from augury.evidence.metrics.table import Metric
from augury.evidence.statistics.claims import direction_of
from augury.evidence.statistics.verdicts import verdict_of

ALL_STRENGTHS = slice(None)


def conditions_report(results: ComparisonResults, judgements: Sequence[Judgement]) -> ConditionsReport | None:
    """How the candidates do on other images than their own; None where that was not asked for.

    Every strength of a condition has the same weight. All copies of one image are one unit of the crossed design, as
    what a model makes of it under five strengths is not five independent answers. The error is shared by Bonferroni
    over conditions and candidates; the seeds are those of the first round, so that there is one look and no choice.

    Args:
        results: with the answers.
        judgements: on unchanged images, a candidate each.
    """
    plan, measured = results.plan.conditions, results.conditions
    if plan is None or measured is None:
        return None
    confidence = results.request.evaluation.confidence
    claims = max(1, len(plan.targets) * len(judgements))
    told = [_Told(results, measured, target, 1 - (1 - confidence) / claims) for target in plan.targets]
    return ConditionsReport(
        confidence=confidence,
        unit=results.metric.choice.unit,
        shown={target.name: _shown(measured, target) for target in plan.targets},
        skipped=plan.skipped,
        models=len(measured.answers),
        models_failed=measured.failed,
        candidates=[_candidate(judgement, told, results.metric) for judgement in judgements] if told else [],
    )


def told_of_conditions(report: ConditionsReport | None) -> list[Cause]:
    """The sentences of candidates that are shown to gain or to cost something under a condition."""
    told = []
    for at, candidate in enumerate(report.candidates if report else []):
        shown = [
            abs(each.difference.mean) for each in candidate.effects if each.difference and direction_of(each.difference)
        ]
        if shown:
            evidence = f"/conditions/candidates/{at}"
            told.append(Cause(kind="condition", text=candidate.sentence, strength=max(shown), evidence=evidence))
    return told


def _shown(measured: ConditionResults, target: ConditionTarget) -> int:
    """The most that a model was shown in one way, as drawn splits need not be of one size."""
    return max((len(each[target.name].indices) for each in measured.answers.values()), default=0)


def _candidate(judgement: Judgement, told: Sequence[_Told], metric: Metric) -> CandidateUnderConditions:
    effects = [each.effect_of(judgement.candidate.arm) for each in told]
    name = judgement.candidate.name
    sentence = sentence_of(name, judgement.difference, effects, metric.choice.unit)
    return CandidateUnderConditions(name=name, sentence=sentence, effects=effects)


@dataclass(frozen=True)
class _Told:
    """One condition, and how sure one is to be of what is said under it."""

    results: ComparisonResults
    measured: ConditionResults
    target: ConditionTarget
    confidence: float

    def effect_of(self, arm: str) -> ConditionEffect:
        """A candidate's arm against the baseline, over all strengths and at each."""
        under = self._under(arm, ALL_STRENGTHS)
        difference = difference_between(under, arm, BASELINE, self._seeds, self.confidence)
        margin = self.results.request.evaluation.practical_effect
        return ConditionEffect(
            condition=self.target.name,
            images=images_in_words(self.target.name),
            verdict=Verdict.INCONCLUSIVE if difference is None else verdict_of(difference.low, difference.high, margin),
            difference=difference,
            baseline_accuracy=None if difference is None else _accuracy(under, BASELINE, difference.seeds),
            accuracy=None if difference is None else _accuracy(under, arm, difference.seeds),
            strengths=[
                effect
                for row, strength in enumerate(self.target.strengths)
                if (effect := self._at_strength(arm, row, strength)) is not None
            ],
        )

    @property
    def _seeds(self) -> list[int]:
        return self.results.plan.seeds

    def _at_strength(self, arm: str, row: int, strength: int) -> StrengthEffect | None:
        under = self._under(arm, slice(row, row + 1))
        difference = difference_between(under, arm, BASELINE, self._seeds, self.confidence)
        if difference is None:
            return None
        return StrengthEffect(
            strength=strength,
            baseline_accuracy=_accuracy(under, BASELINE, difference.seeds),
            accuracy=_accuracy(under, arm, difference.seeds),
            difference=difference,
        )

    def _under(self, arm: str, rows: slice) -> ComparisonResults:
        """The results of the arm and of the baseline as if these had been the validation images."""
        records = {name: self._record(name, rows) for name in (arm, BASELINE)}
        of_other = not self.target.strengths
        groups = self.measured.groups.get(self.target.name) if of_other else self.results.groups
        return replace(self.results, records=records, groups=groups)

    def _record(self, name: str, rows: slice) -> ArmRecord:
        record, answers = self.results.records[name], self.measured.of_arm(name)
        judged = {
            seed: _judged(record.seeds[seed], of_seed[self.target.name], rows)
            for seed, of_seed in answers.items()
            if seed in record.seeds
        }
        return replace(record, seeds=judged)


def _judged(trained: SeedRecord, answers: ConditionAnswers, rows: slice) -> SeedRecord:
    """A trial as if it had been validated on these images, at the strengths of these rows, one after the other."""
    predicted, values = answers.predicted[rows], answers.values
    times = len(predicted)
    return replace(
        trained,
        accuracy=float(np.mean(predicted == answers.labels)),
        indices=np.tile(answers.indices, times),
        labels=np.tile(answers.labels, times),
        predicted=predicted.reshape(-1),
        image_values=None if values is None else values[rows].reshape(-1),
        metrics={},
    )


def _accuracy(results: ComparisonResults, arm: str, seeds: Sequence[int]) -> float:
    of_seeds: Mapping[int, SeedRecord] = results.records[arm].seeds
    return float(np.mean([of_seeds[seed].accuracy for seed in seeds]))
