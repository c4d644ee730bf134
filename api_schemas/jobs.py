"""Jobs on the wire: what a client submits, and what it sees while it waits."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.artifacts import Artifact
from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body, Fraction, Labels, RequestModel, Timestamp, names_its_kinds
from api_schemas.candidates import (
    DECIDED_BY_JOBS,
    Baseline,
    Candidate,
    require_channels_last,
    require_nothing_that_a_job_decides,
)
from api_schemas.datasets.references import DatasetReference
from api_schemas.failures import Failure
from api_schemas.lint import Finding
from api_schemas.progress import Progress, TimelineEntry
from api_schemas.service.priority import Priority
from api_schemas.training.automatic_epochs import ComparisonTraining
from api_schemas.training.epochs_by_size import JobTraining
from api_schemas.training.evaluation import EvaluationSettings, TrainingEvaluation, require_of_a_training
from api_schemas.training.models import ModelSpec, require_engine_of_views
from api_schemas.training.responses import BudgetResponse, DataResponse, require_trainable
from api_schemas.training.settings import require_device
from api_schemas.webhooks.notify import Notify

Engine = Literal["augury", "keras"]
Split = Literal["train", "validation", "test"]


class JobKind(StrEnum):
    """What a job is for. Whatever differs by kind is a table over these; tests/test_job_kinds.py finds them all."""

    COMPARISON = "comparison"
    TRAINING = "training"
    AUGMENTATION = "augmentation"


class Phase(StrEnum):
    """What is going on inside a job."""

    WAITING = "waiting"
    INGESTING = "ingesting"
    TRAINING = "training"
    CONFIRMING = "confirming"
    REPORTING = "reporting"
    AUGMENTING = "augmenting"
    ASSEMBLING = "assembling"
    DONE = "done"


class JobState(StrEnum):
    """``queued -> running -> succeeded | failed | cancelled``; ``cancelling`` while a cancel takes effect."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the job is over; only a comparison that succeeded can go on then, where it is extended."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


class ComparisonRequest(RequestModel):
    """Train a baseline and candidates on paired seeds, and report what the data support."""

    kind: Literal[JobKind.COMPARISON]
    dataset: DatasetReference
    candidates: list[Candidate] = Field(min_length=1, max_length=20)
    baseline: Baseline | None = Field(
        None,
        description="Default: the rescale that brings the dataset's values to 0-1, e.g. 1/255 for 8-bit photographs, "
        "1/4095 for 12 bits whatever their type, nothing for floats in 0-1.",
    )
    engine: Engine = Field(
        "augury", description="What augments: our own engine, or Keras's ImageDataGenerator. Same distributions."
    )
    model: ModelSpec = ModelSpec()
    training: ComparisonTraining = ComparisonTraining()
    evaluation: EvaluationSettings = EvaluationSettings()
    attribution: Literal["affinity", "full"] = Field(
        "affinity",
        description="How single parameters are judged. affinity: each alone, by the baseline's models, without "
        "training. full: arms with each parameter alone and with each left out are trained as well.",
    )
    budget_response: BudgetResponse | None = None
    data_response: DataResponse | None = None
    recommend: bool = Field(
        False, description="Make a better spec from the evidence, and train it on fresh seeds before it is called so."
    )
    device: Literal["cpu", "gpu"] = Field("cpu", description="Which workers train; a GPU worker must be running.")
    priority: Priority = "normal"
    labels: Labels = Field({}, description="Yours, to find the job again by.")
    notify: Notify = Field([])

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [candidate.name for candidate in self.candidates]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise PydanticCustomError(
                "repeated_name", f"candidate names must be unique; repeated: {', '.join(repeated)}"
            )
        require_device(self.training, self.device)
        require_engine_of_views(self.model, self.engine)
        require_trainable(self.training, self.budget_response or ())
        return self


class TrainingRequest(RequestModel):
    """Train one spec on several seeds; the report has its accuracy, and the models are artifacts."""

    kind: Literal[JobKind.TRAINING]
    dataset: DatasetReference
    spec: ImageDataGeneratorSpec = Field(ImageDataGeneratorSpec(), json_schema_extra=DECIDED_BY_JOBS)
    engine: Engine = Field("augury", description="As in a comparison.")
    model: ModelSpec = ModelSpec()
    training: JobTraining = JobTraining()
    evaluation: TrainingEvaluation = TrainingEvaluation()
    device: Literal["cpu", "gpu"] = Field("cpu", description="Which workers train; a GPU worker must be running.")
    priority: Priority = "normal"
    labels: Labels = Field({}, description="Yours, to find the job again by.")
    notify: Notify = Field([])

    @model_validator(mode="after")
    def _fits_a_job(self) -> Self:
        require_nothing_that_a_job_decides(self.spec)
        require_device(self.training, self.device)
        require_engine_of_views(self.model, self.engine)
        require_of_a_training(self.evaluation)
        return self


class AugmentationRequest(RequestModel):
    """Run a spec's random transforms over a dataset and return the images.

    The images are in raw intensity units: the preprocessing half of the spec (rescale, centring, normalisation,
    whitening) is not applied to them.
    """

    renamed_fields: ClassVar = {"p": "identity_probability"}

    kind: Literal[JobKind.AUGMENTATION]
    dataset: DatasetReference
    spec: ImageDataGeneratorSpec = Field(json_schema_extra=DECIDED_BY_JOBS)
    semantics: Literal["keras", "corrected"] = Field(
        "keras", description="keras: as Keras 3 does it, with its defects; corrected: without them."
    )
    identity_probability: Fraction = Field(
        0.0, description="Probability that an image is left alone: 1 minus what torchvision and Albumentations call p."
    )
    rounds: int = Field(1, ge=1, le=100, description="How many augmented copies of every image.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="The same seed gives the same images, byte for byte.")
    format: Literal["zip", "npz", "tar"] = Field(
        "zip", description="zip: PNG files in class folders; npz: float32 arrays; tar: a WebDataset shard."
    )
    splits: list[Split] | None = Field(
        None,
        min_length=1,
        max_length=3,
        json_schema_extra={"uniqueItems": True},
        description="Which of the dataset's fixed splits are augmented, each at most once. Default: train alone where "
        "there are splits, so that no copy of a validation image is trained on; everything where there are none.",
    )
    include_originals: bool = Field(False, description="Put the untouched images in front of the augmented ones.")
    device: Literal["cpu", "gpu"] = Field("cpu", description="Which workers augment; either use their processors.")
    priority: Priority = "normal"
    labels: Labels = Field({}, description="Yours, to find the job again by.")
    notify: Notify = Field([])

    @model_validator(mode="after")
    def _fits_a_job(self) -> Self:
        require_channels_last(self.spec)
        if self.spec.validation_split:
            raise PydanticCustomError("job_rule", "validation_split: an augmentation does not split; leave it out")
        if self.splits is not None and len(set(self.splits)) < len(self.splits):
            raise PydanticCustomError("job_rule", "splits: each is named once")
        return self


TrialRequest = ComparisonRequest | TrainingRequest
"""What is carried out by trials."""

JobRequest = Annotated[
    ComparisonRequest | TrainingRequest | AugmentationRequest,
    Discriminator("kind"),
    names_its_kinds(*JobKind),
]
"""What a client may submit; ``kind`` says which it is."""


class Job(Body):
    """A job as a client sees it."""

    id: str
    kind: JobKind
    state: JobState
    phase: Phase = Field(
        description="What is going on: waiting, ingesting, training, confirming, reporting, augmenting, assembling "
        "or done."
    )
    is_terminal: bool
    request: dict[str, Any]
    labels: dict[str, str]
    dataset_id: str
    progress: Progress
    error: Failure | None
    has_report: bool
    findings: dict[str, list[Finding]] = Field(
        {}, description="What the linter says, by candidate (an augmentation's is called 'augmentation')."
    )
    artifacts: list[Artifact] = Field([], description="Files to download, once the job has succeeded.")
    created_at: Timestamp
    started_at: Timestamp | None
    finished_at: Timestamp | None
    expires_at: Timestamp | None = Field(None, description="When it goes, with its files; null until it is over.")
    timeline: list[TimelineEntry]


class JobSummary(Body):
    """A job in a list."""

    id: str
    kind: JobKind
    state: JobState
    is_terminal: bool
    labels: dict[str, str]
    dataset_id: str
    has_report: bool
    created_at: Timestamp
    finished_at: Timestamp | None


class JobList(Body):
    """One page of jobs, newest first."""

    items: list[JobSummary]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
