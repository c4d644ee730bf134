"""Registered models on the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from api_schemas.base import Body, Timestamp
from api_schemas.failures import Failure


class ModelState(StrEnum):
    """``queued -> reading -> ready | failed``; ``deleted`` ones are not shown any more."""

    QUEUED = "queued"
    READING = "reading"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more happens to the model by itself."""
        return self in (ModelState.READY, ModelState.FAILED, ModelState.DELETED)


class ModelLayer(Body):
    """One layer of a model."""

    name: str = Field(description="What a head's cut and patterns of trainable layers name.")
    kind: str = Field(description="Its class in Keras.")
    output_shape: list[int | None] = Field(description="Of one image; null where it depends on the image's size.")
    parameters: int
    is_trainable: bool = Field(description="Whether it was when the model was saved.")


class ModelFacts(Body):
    """What reading found out about a model."""

    format: Literal["keras", "weights.h5", "safetensors"] = Field(description="Of the file.")
    layers: list[ModelLayer]
    parameters: int
    trainable_parameters: int = Field(description="Of the layers that were trainable when the model was saved.")
    input_shape: list[int | None] = Field(description="Height, width, channels; null: any.")
    output_shape: list[int | None]
    classes: int | None = Field(
        description="How many it tells apart, where its output is a softmax over them; null: it gives features."
    )
    bytes: int = Field(description="Of the model as it is stored.")


class Model(Body):
    """A model with its weights, checked and stored once, under the digest of its content."""

    id: str
    state: ModelState
    is_terminal: bool
    reference: dict[str, Any]
    digest: str | None = Field(description="SHA-256 of the model as it is stored; null until ready.")
    facts: ModelFacts | None
    error: Failure | None
    progress: dict[str, int | str] = Field({}, description="While it is read: step, done, total.")
    created_at: Timestamp


class ModelList(Body):
    """One page of models, newest first. Their layers are left out; ask for a model by its id."""

    items: list[Model]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
