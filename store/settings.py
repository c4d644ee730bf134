"""Where the shared parts are: database, broker, artifacts. Read from ``AUGURY_*`` variables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from augury.planning.effort import NO_LIMITS, EffortLimits
from augury.telemetry.logs import LogFormat
from store.files.artifacts import CacheSettings

SECONDS_PER_HOUR = 3_600.0
SECONDS_PER_DAY = 86_400.0


class StoreSettings(BaseSettings):
    """One place for what the service and the workers must agree on."""

    model_config = SettingsConfigDict(env_prefix="AUGURY_", extra="ignore")

    data_dir: Path = Field(Path(".augury"), description="Holds the embedded database and artifacts.")
    database_url: str | None = Field(None, description="SQLAlchemy URL; default: SQLite in the data directory.")
    broker_url: SecretStr = Field(SecretStr("redis://127.0.0.1:6379/0"), description="Redis or Valkey.")
    artifacts_url: str | None = Field(None, description="Folder or fsspec URL; default: in the data directory.")
    snapshot_cache_dir: Path | None = Field(
        None, description="Where a bucket's snapshots are kept on this machine; default: in the data directory."
    )
    snapshot_cache_bytes: int = Field(20 * 2**30, ge=0, description="Of these, kept beyond their use.")
    lease_seconds: float = Field(15.0, ge=1, description="A unit of work not renewed for so long is given to another.")
    max_attempts: int = Field(3, ge=1, description="Workers that may be lost on one unit of work before it fails.")
    republish_seconds: float = Field(20.0, ge=0.5, description="A job that was not looked at for so long is looked at.")
    sweep_seconds: float = Field(5.0, ge=0.2, description="How often lost work is looked for.")
    job_deadline_hours: float = Field(24.0, gt=0, description="A job that is not done by then fails with 'timeout'.")
    max_archive_bytes: int = Field(
        100 * 2**30, ge=1, description="Augmentations that come to more bytes, before compression, are refused."
    )
    max_trials_per_job: int = Field(5_000, ge=1, description="Jobs that may come to more trials are refused with 422.")
    max_trial_epochs_per_job: int = Field(
        250_000, ge=1, description="Of all trials of a job together; more are refused with 422."
    )
    job_retention_days: float = Field(90.0, gt=0, description="Finished jobs are forgotten after so long.")
    audit_retention_days: float = Field(365.0, gt=0, description="Who did what is known for so long.")
    failed_dataset_days: float = Field(7.0, gt=0, description="Failed datasets and their uploads are kept so long.")
    upload_hours: float = Field(24.0, gt=0, description="An upload that nobody goes on with is kept for so long.")
    log_format: LogFormat = Field("text", description="text: lines for people; json: an object a line.")
    traces: bool = Field(False, description="Send traces by OTLP, as the standard OTEL_* variables say.")
    idempotency_hours: float = Field(24.0, gt=0, description="How long an Idempotency-Key is remembered.")

    @property
    def training_limits(self) -> EffortLimits:
        """How much training one job may come to."""
        return replace(NO_LIMITS, max_trials=self.max_trials_per_job, max_trial_epochs=self.max_trial_epochs_per_job)

    @property
    def resolved_database_url(self) -> str:
        """The database URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'augury.db'}"

    @property
    def resolved_artifacts_url(self) -> str:
        """The artifacts' location, with the default filled in."""
        return self.artifacts_url or str(self.data_dir.resolve() / "artifacts")

    @property
    def snapshot_cache(self) -> CacheSettings:
        """Where and how many of a bucket's snapshots are kept here, with the default filled in."""
        return CacheSettings(
            self.snapshot_cache_dir or self.data_dir.resolve() / "snapshots", self.snapshot_cache_bytes
        )
