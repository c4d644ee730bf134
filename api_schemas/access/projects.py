"""A project on the wire: whose something is, what it may take, and how long it is kept."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

from api_schemas.access.limits import Limits
from api_schemas.base import RequestModel, Timestamp

MAX_KEPT_DAYS = 36_500.0
MIN_KEPT_DAYS = 1.0


class ProjectState(StrEnum):
    """``active -> deleting``, and then there is no such project."""

    ACTIVE = "active"
    DELETING = "deleting"


class Retention(RequestModel):
    """After how many days what a project has goes by itself; null: it does not."""

    jobs_days: float | None = Field(
        None, ge=MIN_KEPT_DAYS, le=MAX_KEPT_DAYS, description="Finished jobs with their reports and files, and trials."
    )
    datasets_days: float | None = Field(
        None, ge=MIN_KEPT_DAYS, le=MAX_KEPT_DAYS, description="Datasets that no job was submitted on for so long."
    )
    models_days: float | None = Field(
        None, ge=MIN_KEPT_DAYS, le=MAX_KEPT_DAYS, description="Models that no job was submitted with for so long."
    )


class ProjectCounts(BaseModel):
    """What there is of a project."""

    jobs_waiting: int = Field(description="Jobs that are not over.")
    trials_waiting: int = Field(description="Trials that wait or run.")
    datasets: int = Field(description="Those that are not deleted.")
    models: int = Field(description="Those that are not deleted.")
    stored_bytes: int = Field(description="Uploads, datasets as they are stored, models, and files of jobs.")


class Project(BaseModel):
    """The project that a key is to."""

    name: str
    state: ProjectState = Field(description="deleting: nothing new is taken, and all that there is goes.")
    created_at: Timestamp
    limits: Limits = Field(description="Those that hold, whether the project's own or the service's.")
    retention: Retention = Field(description="Jobs go before, where the service keeps all jobs for a shorter time.")
    counts: ProjectCounts
