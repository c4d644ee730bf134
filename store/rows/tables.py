"""The tables. Times are Unix seconds; states are written by ``store.rows.state_machines`` alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.rows.base import Base, Id, Leased, Owned, ReadOnce, Sequence, only


class DatasetRow(ReadOnce, Base):
    """A snapshot of labelled images, or the wish for one."""

    __tablename__ = "datasets"

    __table_args__ = (
        # A failed ingestion may be tried again, so only live rows are unique.
        Index("one_live_dataset_per_reference", "project_id", "reference_digest", unique=True,
              **only("state not in ('failed', 'deleted')")),
        Index("datasets_by_state", "state", "created_at"),
        Index("datasets_by_reference", "project_id", "reference_digest", "id"),
        Index("datasets_by_project", "project_id", "id"),
        Index("datasets_by_kind", "project_id", "kind", "id"),
        Index("datasets_there", "project_id", **only("state <> 'deleted'")),
        Index("datasets_by_upload", "upload_sha256", **only("upload_sha256 is not null")),
    )  # fmt: skip


class RegisteredModelRow(ReadOnce, Base):
    """A model with its weights, or the wish for one."""

    __tablename__ = "registered_models"

    __table_args__ = (
        Index("one_live_model_per_reference", "project_id", "reference_digest", unique=True,
              **only("state not in ('failed', 'deleted')")),
        Index("registered_models_by_state", "state", "created_at"),
        Index("registered_models_by_digest", "digest"),
        Index("registered_models_by_reference", "project_id", "reference_digest", "id"),
        Index("registered_models_by_project", "project_id", "id"),
        Index("registered_models_there", "project_id", **only("state <> 'deleted'")),
        Index("registered_models_by_upload", "upload_sha256", **only("upload_sha256 is not null")),
    )  # fmt: skip


class JobRow(Owned, Base):
    """What a client submitted."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    phase: Mapped[str] = mapped_column(String(20))
    request: Mapped[dict[str, Any]]
    labels: Mapped[dict[str, Any]]
    queue: Mapped[str] = mapped_column(String(20), server_default="cpu")
    """The kind of worker that it asks for."""
    priority: Mapped[str] = mapped_column(String(10), server_default="normal")
    served_at: Mapped[float | None]
    """When a worker last took up work of it; see ``store.rows.handout``."""
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    plan: Mapped[dict[str, Any] | None]
    report_artifact: Mapped[str | None] = mapped_column(String(200))
    artifacts: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    published_at: Mapped[float | None]
    looked_at: Mapped[float | None]
    """When the planner last looked at it to the end."""
    failed_looks: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often in a row the planner failed over it."""
    stop_requested_at: Mapped[float | None]
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """Of the request that it came with (W3C Trace Context), so that what is done for it days later is in one trace."""
    deadline_at: Mapped[float]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]
    trials_reserved: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """That it was accepted for and that are not made yet; see ``store.rows.quotas.counting``."""
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    __table_args__ = (
        Index("jobs_by_state", "state", "id"),
        Index("jobs_by_project", "project_id", "id"),
        Index("jobs_by_project_and_state", "project_id", "state", "id"),
        Index("jobs_by_kind", "project_id", "kind", "id"),
        Index("jobs_by_dataset", "dataset_id", "id"),
        Index("jobs_by_end", "finished_at"),
        # Of thousands of jobs few are not over, and these are looked at all the time.
        Index("live_jobs_by_dataset", "dataset_id", "id", **only("finished_at is null")),
        Index("live_jobs_by_deadline", "deadline_at", **only("finished_at is null")),
        Index("live_jobs_by_look", "published_at", "id", **only("finished_at is null")),
        Index("live_jobs_by_project", "project_id", "trials_reserved", **only("finished_at is null")),
    )


class JobLabelRow(Owned, Base):
    """A label of a job, to find it again by."""

    __tablename__ = "job_labels"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("jobs_by_label", "project_id", "key", "value", "job_id"),)


class ModelRow(Base):
    """A model that was sent as a configuration, once for all the trials that train it."""

    __tablename__ = "models"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[dict[str, Any]]
    used_at: Mapped[float]
    """When a trial was last planned with it."""


class TrialRow(Owned, Leased, Base):
    """One training run. Jobs of one project share it when they need the same one."""

    __tablename__ = "trials"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    setting: Mapped[str] = mapped_column(String(64))
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    definition: Mapped[dict[str, Any]]
    """Without its model where that is a ``ModelRow``; see ``store.rows.trials.definition_of``."""
    model_digest: Mapped[str | None] = mapped_column(String(64))
    epoch: Mapped[int] = mapped_column(default=0)
    epochs: Mapped[int]
    batch: Mapped[int] = mapped_column(default=0, server_default="0")
    batches: Mapped[int] = mapped_column(default=0, server_default="0")
    expected_seconds: Mapped[float | None]
    """Said while it runs, as the batch of the epoch that is going on is; see ``augury.training.progress``."""
    result: Mapped[dict[str, Any] | None]

    __table_args__ = (
        # Failed and cancelled trials keep their rows, and the work may be asked for again.
        Index("one_live_trial_per_key", "project_id", "key", unique=True,
              **only("state in ('queued', 'running', 'succeeded')")),
        Index("leased_trials", "lease_until", **only("lease_until is not null")),
        Index("trials_by_setting", "project_id", "setting", "finished_at"),
        Index("trials_by_end", "finished_at"),
        Index("trials_by_model", "model_digest", **only("model_digest is not null")),
        Index("unfinished_trials", "project_id", **only("state in ('queued', 'running')")),
        Index("unpublished_trials", "id", **only("state = 'queued' and published_at is null")),
        Index("live_trials", "state", "queue", "created_at", **only("state in ('queued', 'running')")),
    )  # fmt: skip


class JobTrialRow(Base):
    """The slot that a trial fills in a job: which arm, which seed."""

    __tablename__ = "job_trials"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    arm: Mapped[str] = mapped_column(String(140), primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("trials.id"), index=True)
    reused: Mapped[bool]
    trial_state: Mapped[str] = mapped_column(String(20), server_default="queued")
    """The trial's, which ``store.rows.state_machines`` writes into both: what a job has done and what is next of it is
    found without looking at its trials."""

    __table_args__ = (
        Index("job_trials_by_state", "job_id", "trial_state", "seed", "arm", "reused"),
        Index("running_job_trials", "job_id", **only("trial_state = 'running'")),
    )


class ChunkRow(Leased, Base):
    """Part of an augmentation: some images of one round, or putting all parts together."""

    __tablename__ = "chunks"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(BigInteger)
    """Of a part its index, of a probe its seed, of what is judged under conditions the index of the model."""
    first: Mapped[int] = mapped_column(BigInteger)
    """Of its images, counted over the whole archive."""
    images: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    result: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("one_chunk_per_place", "job_id", "role", "number", unique=True),
        Index("chunks_by_job", "job_id", "state"),
        Index("chunks_by_state", "state", "queue", "role", "created_at"),
        Index("unpublished_chunks", "job_id", **only("state = 'queued' and published_at is null")),
        Index("leased_chunks", "lease_until", **only("lease_until is not null")),
        Index("stored_parts", "job_id", **only("role = 'augment' and result is not null")),
    )


class ConclusionState(StrEnum):
    """The states of a conclusion."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ConclusionRow(Leased, Base):
    """Looking at the evidence of a job whose training is over."""

    __tablename__ = "conclusions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))

    __table_args__ = (
        Index("conclusions_by_state", "state", "queue"),
        Index("conclusions_by_job", "job_id", "state"),
    )


class JobEventRow(Owned, Base):
    """What happened to a job, append-only; the id is the clients' cursor."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    at: Mapped[float]
    type: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("events_by_job", "job_id", "id"),
        Index("events_by_project", "project_id", "id"),
        {"sqlite_autoincrement": True},  # a cursor must not come to stand for another event
    )
