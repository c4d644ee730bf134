"""What a project may take of the service, in numbers."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import RequestModel

MAX_COUNT = 1_000_000_000
MAX_BYTES = 2**60


class Limits(RequestModel):
    """Each of them is off where it is null, as all of them are unless who runs the service has set them."""

    jobs_waiting: int | None = Field(None, ge=0, le=MAX_COUNT, description="Jobs that are not over at a time.")
    trials_per_day: int | None = Field(
        None, ge=0, le=MAX_COUNT, description="Trials trained on a day (UTC), with those that wait or run."
    )
    training_seconds_per_day: float | None = Field(
        None, ge=0, le=MAX_COUNT, description="Of all workers together on a day (UTC), before which jobs are accepted."
    )
    stored_bytes: int | None = Field(
        None, ge=0, le=MAX_BYTES, description="Uploads, datasets as they are stored, models, and files of jobs."
    )
    datasets: int | None = Field(None, ge=0, le=MAX_COUNT, description="Datasets that are not deleted.")
    event_streams: int | None = Field(None, ge=0, le=MAX_COUNT, description="Event streams open at a time.")
    requests_per_minute: int | None = Field(
        None, ge=1, le=MAX_COUNT, description="Requests that are answered, by each process of the service."
    )


LIMIT_NAMES: tuple[str, ...] = tuple(Limits.model_fields)
