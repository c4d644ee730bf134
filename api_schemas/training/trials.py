"""Trials on the wire: one training run each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from api_schemas.base import Body, Timestamp
from api_schemas.failures import Failure


class TrialState(StrEnum):
    """``queued -> running -> succeeded | failed | cancelled``; back to queued when a worker is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the trial will never change again."""
        return self in (TrialState.SUCCEEDED, TrialState.FAILED, TrialState.CANCELLED)


class Curves(Body):
    """One value per epoch; null where a value was not finite. Accuracies are fractions."""

    training_loss: list[float | None]
    training_accuracy: list[float | None] = Field(description="On the augmented images, as they were trained on.")
    validation_loss: list[float | None]
    validation_accuracy: list[float | None]
    inner_loss: list[float | None] = Field([], description="On the inner split; empty where there is none.")
    learning_rate: list[float | None] = Field([], description="Of the last step of each epoch.")


class TrialResult(Body):
    """What one training run measured. Accuracies are fractions of images."""

    validation_accuracy: float = Field(
        description="Of the final weights, on preprocessed, unaugmented images. These are the weights after the last "
        "epoch, after the best one (early_stopping), or their mean over the last ones (average_last)."
    )
    clean_training_accuracy: float = Field(description="Of the final weights, on the unaugmented training images.")
    diverged: bool = Field(description="The loss stopped being finite, which ended the training early.")
    epochs: int
    training_images: int
    validation_images: int
    seconds: float = Field(
        description="Wall time of the trial on its worker; of trials that were computed together, its share of theirs."
    )
    augmentation_seconds: float = Field(description="Spent making augmented batches, beside the training.")
    curves: Curves
    final_training_loss: float | None = Field(None, description="Of the last epoch; null where it was not finite.")
    per_class_accuracy: list[float | None] = Field(
        [], description="On the validation images, in class order; null for a class without any there."
    )
    still_improving: bool = Field(
        False,
        description="The validation loss still fell when the epochs ended: over the last quarter of the training, as "
        "the learning rate counts it, by 0.02 or more, and at the 5 % level. Twice the epochs would probably have "
        "helped.",
    )
    best_epoch: int | None = Field(
        None, description="With early_stopping: whose weights are the final ones, as the inner loss was lowest there."
    )
    stopped_early: bool = Field(False, description="early_stopping ended the training before its last epoch.")
    inner_images: int = Field(0, description="In the inner split; they are not among the training images.")
    images_per_second: float = Field(
        0.0, description="Images trained on per second, augmentation included and evaluation not."
    )
    versions: dict[str, str] = Field(
        {}, description="Of the libraries that computed it; empty for trials of earlier versions."
    )
    memory_bytes: int | None = Field(
        None, description="The most that its process held in RAM meanwhile; null where the system does not say."
    )


class Trial(Body):
    """One training run: (dataset, split, model, training settings, spec, seed)."""

    id: str
    arm: str
    seed: int
    state: TrialState
    is_terminal: bool
    reused: bool = Field(description="It was trained for an earlier job.")
    attempts: int = Field(description="How often a worker began it; more than 1 after a worker was lost.")
    epoch: int
    epochs: int
    batch: int = Field(0, description="Trained on of the epoch after these, where epochs are long; 0 between epochs.")
    batches: int = Field(0, description="Of an epoch; 0 until its worker has said so.")
    expected_seconds: float | None = Field(
        None,
        description="Wall time of the whole trial, as it is foretold by the pace of its steps while it runs; of a "
        "training in stages, once the last one has begun. Null before.",
    )
    key: str = Field(description="SHA-256 of everything that determines the result.")
    spec: dict[str, Any]
    result: TrialResult | None
    error: Failure | None
    created_at: Timestamp
    started_at: Timestamp | None
    finished_at: Timestamp | None


class TrialList(Body):
    """All trials of a job, arm by arm."""

    items: list[Trial]
