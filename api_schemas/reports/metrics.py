"""How good an arm's models are by every metric."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body


class MetricValues(Body):
    """One metric of an arm: a fraction, or nats for log_loss."""

    mean: float = Field(description="Over the seeds that have it.")
    seeds: list[int] = Field(
        description="On which it is defined: recall takes an image of the class, precision one taken for it."
    )
    per_seed: list[float]
