"""The report of a comparison: the evidence, and the verdict it supports.

Accuracies are fractions of images; differences and intervals are points of the deciding metric, and above zero is
better.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body, Points, Timestamp
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.failures import Failure
from api_schemas.jobs import JobKind
from api_schemas.lint import Finding
from api_schemas.plans import ArmRole, EarlierReport
from api_schemas.recommendations import RecommendedSpec
from api_schemas.reports.conditions import ConditionsReport
from api_schemas.reports.differences import Difference as Difference
from api_schemas.reports.differences import Verdict as Verdict
from api_schemas.reports.evidence import Cause, Look, Needed, Why
from api_schemas.reports.final_scores import FinalScores
from api_schemas.reports.metrics import MetricValues
from api_schemas.reports.responses import AutomaticEpochs, BudgetResponse, DataResponse
from api_schemas.training.backends import DEFAULT_BACKEND, Backend
from api_schemas.training.trials import Curves


class SeedResult(Body):
    """One trial of an arm."""

    seed: int
    trial_id: str
    reused: bool
    validation_accuracy: float
    clean_training_accuracy: float
    diverged: bool
    seconds: float
    augmentation_seconds: float
    curves: Curves


class FailedTrial(Body):
    """A trial that gave no result."""

    trial_id: str
    seed: int
    error: Failure


class ArmReport(Body):
    """One arm over its seeds."""

    name: str
    role: ArmRole
    spec: ImageDataGeneratorSpec
    mean_validation_accuracy: float | None
    mean_clean_training_accuracy: float | None
    mean_seconds: float | None
    per_seed: list[SeedResult]
    metrics: dict[str, MetricValues] = Field(
        {}, description="By name, the deciding one first. Reports of earlier versions have none."
    )
    failed_trials: list[FailedTrial]


class CandidateReport(Body):
    """A candidate against the baseline."""

    name: str
    arm: str
    preprocessing_arm: str
    verdict: Verdict
    sentence: str = Field(description="The verdict in words, beginning with the classes that lose by it.")
    difference: Difference | None = Field(description="Candidate minus baseline; null when too few trials finished.")
    preprocessing: Difference | None = Field(
        description="Preprocessing-only arm minus baseline, at the verdict's confidence; null if one arm."
    )
    augmentation: Difference | None = Field(
        description="Candidate minus preprocessing-only arm, at the verdict's confidence; null if one arm, and the "
        "verdict's own interval where that arm is the baseline."
    )
    losing_classes: list[str] = Field([], description="Classes that lose significantly (Holm), most first.")
    findings: list[Finding] = Field([], description="What the linter says about the spec on this dataset.")
    needed: Needed | None = Field(None, description="Where the verdict is inconclusive: what would decide it.")
    why: Why | None = Field(None, description="Null where the baseline has no model to ask.")


class RejectedSpec(Body):
    """What was made from the evidence, put to the test, and did worse than what is recommended in its place."""

    recommended: RecommendedSpec
    verdict: Verdict | None = Field(description="Against the baseline.")
    against_baseline: Difference | None
    against_best: Difference | None = Field(description="It minus the best candidate, on the same fresh seeds.")


class RecommendationReport(Body):
    """The recommended spec, trained on seeds that no decision before has seen."""

    recommended: RecommendedSpec = Field(
        description="What to use. Where the spec that was made from the evidence did worse on its fresh seeds, the "
        "baseline or a candidate that is shown to help; 'rejected' has that spec then."
    )
    verdict: Verdict | None = Field(description="Against the baseline; null where it is the baseline.")
    against_baseline: Difference | None
    best_candidate: str | None = Field(
        description="The candidate with the highest mean accuracy at equal seeds, when the recommendation was made."
    )
    against_best: Difference | None = Field(description="Recommended minus best candidate, on the same fresh seeds.")
    seeds: list[int]
    validated_on: str | None = Field(
        None,
        description="What it was judged on and the search was not: the dataset's own split of that name, or "
        "'held_out', images that were kept for it. Null: the same images.",
    )
    sentence: str = Field(description="How it did on these seeds, in words.")
    rejected: RejectedSpec | None = Field(
        None, description="The spec that was put to the test, where its trials were below those of what is recommended."
    )


class Cost(Body):
    """What the evidence cost."""

    trials: int
    trials_reused: int
    trials_failed: int
    training_seconds: float = Field(description="Summed over the trials that this job trained itself.")
    probes: int = Field(0, description="Models of the baseline that were asked about augmented images.")
    probes_failed: int = Field(0, description="Models that should have been asked and could not be.")


class Method(Body):
    """How the verdicts were reached."""

    interval: str
    metric: str = Field("accuracy", description="What decided, as in evaluation.metric.")
    confidence: float
    practical_effect: Points
    candidates: int
    training_images: int | None
    validation_images: int | None
    splits: Literal["random", "grouped", "fixed"] = "random"
    baseline_rule: str | None = Field(None, description="Where the baseline's scale comes from, with its numbers.")
    epochs_rule: str | None = Field(
        None, description="How long every arm was trained, in epochs and steps, and where that comes from."
    )
    backend: Backend = Field(DEFAULT_BACKEND, description="What computed the models, as in training.backend.")
    looks: list[Look] = Field([], description="Of a sequential comparison: when the evidence was looked at.")
    earlier: list[EarlierReport] = Field([], description="Reports of the same question, on some of the same trials.")


class Provenance(Body):
    """What it takes to make the same numbers again."""

    dataset_digest: str
    dataset: DatasetFacts
    engine: str
    versions: dict[str, str]
    request: dict[str, Any]


class Report(Body):
    """The answer to a comparison, or, with one arm and no candidate, to a training."""

    schema_version: Literal["2.0"] = "2.0"
    job_id: str
    kind: Literal[JobKind.COMPARISON, JobKind.TRAINING] = JobKind.COMPARISON
    created_at: Timestamp
    complete: bool = Field(description="Whether every trial gave a result.")
    stopped: bool = Field(False, description="It was ended early on request; the report covers what was done.")
    summary: list[Cause] = Field([], description="The report in sentences, strongest first.")
    recommendation: RecommendationReport | None = None
    automatic_epochs: AutomaticEpochs | None = Field(None, description="Where training.epochs is 'auto'.")
    budget_response: BudgetResponse | None = Field(None, description="Where it was asked for, and come to.")
    data_response: DataResponse | None = Field(None, description="Where it was asked for, and come to.")
    candidates: list[CandidateReport]
    conditions: ConditionsReport | None = Field(
        None, description="On other images than the validation images; null where that was not asked for."
    )
    arms: list[ArmReport]
    final_scores: FinalScores | None = Field(None, description="Where evaluation.test asks for it.")
    method: Method
    cost: Cost
    provenance: Provenance

    def sentences(self) -> list[Cause]:
        """The summary, and after it the verdicts that it does not tell."""
        told = [cause.evidence for cause in self.summary if cause.kind == "verdict"]
        verdicts = {f"/candidates/{at}": candidate for at, candidate in enumerate(self.candidates)}
        untold = [
            Cause(kind="verdict", text=candidate.sentence, strength=0, evidence=pointer)
            for pointer, candidate in verdicts.items()
            if not any(each == pointer or each.startswith(f"{pointer}/") for each in told)
        ]
        return [*self.summary, *untold]
