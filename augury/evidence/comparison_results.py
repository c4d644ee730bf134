"""All that a report is made from: what a comparison or a training has measured so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import TrialRequest
from api_schemas.plans import Plan
from api_schemas.training.trials import Trial
from augury.conditions.answers import ConditionResults
from augury.evidence.arm_results import ArmRecord
from augury.evidence.metrics.table import Metric, metric_of
from augury.evidence.probe_results import Probe


@dataclass(frozen=True)
class ComparisonResults:
    """A job as far as it has come."""

    job_id: str
    request: TrialRequest
    plan: Plan
    digest: str
    """Of the dataset: SHA-256 in hexadecimal."""
    facts: DatasetFacts
    trials: list[Trial]
    records: dict[str, ArmRecord]
    """What every arm's finished trials measured, over all rounds."""
    probes: Sequence[Probe]
    """What the baseline's models answered, a probe for each that was asked; empty where none was."""
    stopped: bool
    """Whether it was ended early on request."""
    groups: npt.NDArray[np.int64] | None = None
    """The group of every image of the snapshot ``[N]``, where validation images are drawn in groups."""

    failed_probes: int = 0
    """Models of the baseline that should have been asked, and whose probe failed."""

    conditions: ConditionResults | None = None
    """What models answered under conditions; None where that was not asked for."""

    @cached_property
    def metric(self) -> Metric:
        """What decides."""
        return metric_of(self.request.evaluation.metric, list(self.facts.classes))

    def seeds(self, purpose: str) -> list[int]:
        """All seeds of the rounds with that purpose, in the order of the rounds."""
        return [seed for each in self.plan.rounds if each.purpose == purpose for seed in each.seeds]
