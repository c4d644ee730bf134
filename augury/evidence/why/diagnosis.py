"""A candidate and all that was measured of it: what the explanation is told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from api_schemas.reports.evidence import ClassEffect, Flip, ParameterEffect, SingleSeeds
from api_schemas.reports.report import Difference
from augury.evidence.arm_results import ArmRecord
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.probe_results import CandidateProbe, ClassCounts, Probe
from augury.evidence.statistics.claims import shown_direction
from augury.evidence.why.affinity import Affinity, affinity_of, distinct_share, mean_of
from augury.evidence.why.attribution import ParameterFacts
from augury.evidence.why.learning import hardly_learned_below

NOTABLE_GAP = 1.0
"""Points of overfitting (clean training minus validation accuracy); random transforms have little to cure in less."""


@dataclass(frozen=True)
class CandidateDiagnosis:
    """What was measured of a candidate, with all figures that its explanation needs."""

    results: CandidateResults
    probes: Sequence[Probe]
    """Those of the results' that tell something of the candidate, see telling_probes."""
    parameters: Sequence[ParameterFacts]
    classes: Sequence[ClassEffect]
    flips: Sequence[Flip]
    diversity: float | None
    invented_share: float | None
    kept_share: float | None
    single_seeds: SingleSeeds | None = None

    @cached_property
    def own_probes(self) -> list[CandidateProbe]:
        """What the baseline's models answered to this candidate's images."""
        return [probe.candidates[self.results.name] for probe in self.probes]

    @cached_property
    def clean(self) -> list[ClassCounts]:
        """What the same models answered to clean images, in the same order."""
        return [probe.clean for probe in self.probes]

    @cached_property
    def affinity(self) -> Affinity | None:
        """Of the whole random half."""
        distinct = distinct_share(self.probes, self.results.baseline)
        return affinity_of([probe.judged for probe in self.own_probes], self.clean, distinct)

    @cached_property
    def effects(self) -> list[ParameterEffect]:
        """The parameters' effects, most damaging first."""
        return [facts.effect for facts in self.parameters]

    @cached_property
    def gap(self) -> float | None:
        """Accuracy on clean training minus on validation images, points."""
        return gap_of(self.results.arm)

    @cached_property
    def baseline_gap(self) -> float | None:
        """The same of the baseline."""
        return gap_of(self.results.baseline)

    @property
    def augmentation_points(self) -> float:
        """What the random transforms change, points; 0 where that was not measured."""
        return _mean(self.results.augmentation_difference)

    @property
    def preprocessing_points(self) -> float:
        """What the preprocessing alone changes, points; 0 where it is the baseline's."""
        return _mean(self.results.preprocessing_difference)

    @property
    def loss(self) -> float:
        """What the random transforms cost, points; 0 where they cost nothing."""
        return max(0.0, -self.augmentation_points)

    @property
    def augmentation_direction(self) -> int:
        """1 where the random transforms are shown to gain, -1 where they are shown to cost, else 0."""
        return shown_direction(self.results.augmentation_difference, self.results.difference)

    @property
    def has_own_preprocessing(self) -> bool:
        """Whether it preprocesses otherwise than the baseline."""
        return self.results.preprocessing.name != self.results.baseline.name

    def pointer(self, *parts: str | int) -> str:
        """A JSON pointer (RFC 6901) to something below this candidate in the report."""
        return "/".join(["", "candidates", str(self.results.index), *map(str, parts)])


def telling_probes(results: CandidateResults) -> list[Probe]:
    """The probes that know the candidate, of models that know more than guessing: others recognise by accident."""
    return [
        probe
        for probe in results.probes
        if results.name in probe.candidates
        and probe.clean.accuracy >= hardly_learned_below(max(probe.clean.shown) / max(1, sum(probe.clean.shown)))
    ]


def gap_of(arm: ArmRecord) -> float | None:
    """The generalisation gap: accuracy on clean training minus on validation images, points; None without a trial."""
    training = mean_of([record.clean_training_accuracy for record in arm.seeds.values()])
    validation = mean_of([record.accuracy for record in arm.seeds.values()])
    return None if training is None or validation is None else 100 * (training - validation)


def _mean(difference: Difference | None) -> float:
    return 0.0 if difference is None else difference.mean
