"""How a service says whether it can do what it is there for."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

ReadinessStatus = Literal["ready", "degraded", "unavailable"]


class Readiness(BaseModel):
    """Whether jobs can be accepted (database), will start at once (broker), and lost work is found (recovery)."""

    status: ReadinessStatus = Field(description="`degraded`: jobs are accepted, and something else is missing.")
    checks: dict[str, bool] = Field(description="`recovery`: a control worker has looked for lost work lately.")
    version: str | None = Field(None, description="Of the service; null where that is older than this field.")
