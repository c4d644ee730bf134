"""The plan of a comparison: which arms are trained, and on which seeds."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body


class ArmRole(StrEnum):
    """What an arm is there for."""

    BASELINE = "baseline"
    PREPROCESSING = "preprocessing"
    CANDIDATE = "candidate"


class Arm(Body):
    """One spec that is trained on every seed."""

    name: str
    role: ArmRole
    spec: ImageDataGeneratorSpec


class CandidatePlan(Body):
    """Which arms a candidate is held against."""

    name: str
    arm: str
    preprocessing_arm: str = Field(
        description="The arm with this candidate's preprocessing and no augmentation; 'baseline' where it is the same."
    )


class Plan(Body):
    """What a request amounts to."""

    arms: list[Arm]
    candidates: list[CandidatePlan]
    seeds: list[int]
    trials: int = Field(description="Arms times seeds, before reuse.")
    trials_reusable: int = Field(0, description="Already trained for an earlier job.")
    estimated_seconds: float | None = Field(
        None,
        description="Worker seconds for the trials not yet trained, from the measured time of finished trials of this "
        "dataset, model and training; divide by the number of workers. Null when none has been timed.",
    )
