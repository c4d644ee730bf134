"""All that a report is made from: what a comparison or a training has measured so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import TrialRequest
from api_schemas.plans import Plan
from api_schemas.training.trials import Trial
from augury.evidence.arm_results import ArmRecord


@dataclass(frozen=True)
class Evidence:
    """A job as far as it has come."""

    job_id: str
    request: TrialRequest
    plan: Plan
    digest: str
    facts: DatasetFacts
    trials: list[Trial]
    records: dict[str, ArmRecord]
    """What every arm's finished trials measured, over all rounds."""
    probes: Sequence[dict[str, Any]]
    stopped: bool
    groups: npt.NDArray[np.int64] | None = None
    """The group of every image of the snapshot ``[N]``, where validation images are drawn in groups."""

    def seeds(self, purpose: str) -> list[int]:
        """All seeds of the rounds with that purpose, in the order of the rounds."""
        return [seed for each in self.plan.rounds if each.purpose == purpose for seed in each.seeds]
