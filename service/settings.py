"""Limits and the address of the HTTP service. Read from ``AUGURY_*`` variables."""

from __future__ import annotations

from pydantic import Field

from augury.datasets.settings import CommaSeparated
from augury.planning.effort import EffortLimits
from store.settings import StoreSettings


class ServiceSettings(StoreSettings):
    """The shared settings, and what only the service needs."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    allowed_hosts: CommaSeparated = Field(
        [], description="Hosts it answers to besides those of its address, e.g. augury.example,api:8000; *: any."
    )
    max_body_bytes: int = Field(1_000_000, ge=1, description="Larger request bodies are refused with 413.")
    max_wait_seconds: float = Field(60.0, ge=0, description="How long 'Prefer: wait=n' holds an answer at most.")
    schema_patience_seconds: float = Field(60.0, ge=0, description="How long to wait for the database at start.")
    max_trials_per_job: int = Field(5_000, ge=1, description="Jobs that may come to more trials are refused with 422.")
    max_trial_epochs_per_job: int = Field(
        250_000, ge=1, description="Of all trials of a job together; more are refused with 422."
    )

    @property
    def effort_limits(self) -> EffortLimits:
        """How much training one job may ask for."""
        return EffortLimits(self.max_trials_per_job, self.max_trial_epochs_per_job)
