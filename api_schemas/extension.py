"""Asking a comparison that has ended to go on."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import RequestModel

MAX_EXTENDED_SEEDS = 200
"""Beyond so many, more images are the better advice."""


class ExtensionRequest(RequestModel):
    """Train a finished comparison's undecided candidates on more seeds, and look at the evidence once more."""

    seeds: int = Field(ge=3, le=MAX_EXTENDED_SEEDS, description="Per arm in all, those that are trained included.")
