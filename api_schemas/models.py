"""What is trained, and how: the built-in models, and the training and evaluation settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api_schemas.base import RequestModel

ModelName = Literal["linear", "small_cnn"]


class ModelSpec(RequestModel):
    """A built-in model. Image size and class count come from the dataset."""

    name: ModelName = Field(
        "small_cnn",
        description="linear: softmax regression on the pixels. small_cnn: two 3x3 convolutions (16 and 32 filters), "
        "2x2 max pooling, a dense layer of 64, softmax.",
    )


class TrainingSettings(RequestModel):
    """How every arm is trained."""

    epochs: int = Field(30, ge=1, le=1000)
    batch_size: int = Field(32, ge=1, le=4096)
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = Field(1e-3, gt=0, le=10)


class EvaluationSettings(RequestModel):
    """How arms are compared. Every seed draws its own stratified split, initial weights and batch order."""

    seeds: int = Field(5, ge=2, le=50, description="Trials per arm; differences between arms are paired by seed.")
    first_seed: int = Field(0, ge=0, le=2**31 - 1, description="Seeds are first_seed, first_seed + 1, ...")
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    training_images: int | None = Field(
        None, ge=2, le=10**9, description="Train on this many images only, drawn per seed; null: on all that remain."
    )
    confidence: float = Field(0.95, ge=0.5, lt=1, description="Simultaneous over the candidates.")
    practical_effect: float = Field(
        0.5, ge=0, le=100, description="Percentage points; smaller differences do not matter to you."
    )
