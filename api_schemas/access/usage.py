"""What a project has taken of the service, beside what it may."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api_schemas.base import Timestamp

LimitName = Literal[
    "jobs_waiting",
    "trials_per_day",
    "training_seconds_per_day",
    "stored_bytes",
    "datasets",
    "event_streams",
    "requests_per_minute",
]
MAX_USAGE_DAYS = 90


class LimitedUse(BaseModel):
    """One thing that can be limited."""

    name: LimitName
    used: float | None = Field(description="Now, or on the day that it is counted by; null where nobody counts it.")
    limit: float | None = Field(description="null: none.")
    resets_at: Timestamp | None = Field(description="When it is counted from nothing again; null: never by itself.")


class DayOfUse(BaseModel):
    """What was trained on one day."""

    day: str = Field(description="In UTC.", examples=["2026-11-29"])
    trials: int = Field(description="Trainings that ended, whatever came of them; reused ones are not among them.")
    training_seconds: float = Field(description="Of all workers together, by the day on which a training ended.")


class Usage(BaseModel):
    """What a project has taken, and may."""

    project: str
    at: Timestamp
    limits: list[LimitedUse]
    days: list[DayOfUse] = Field(description="The last days on which anything was trained, newest first.")
