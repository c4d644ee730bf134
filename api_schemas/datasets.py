"""Datasets on the wire: how a client refers to one, and what the service says about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from api_schemas.base import Body, RequestModel, Timestamp
from api_schemas.failures import Failure


class DatasetState(StrEnum):
    """``queued -> ingesting -> ready | failed``."""

    QUEUED = "queued"
    INGESTING = "ingesting"
    READY = "ready"
    FAILED = "failed"


class BuiltinReference(RequestModel):
    """A dataset that comes with the service."""

    kind: Literal["builtin"]
    name: Literal["digits"] = Field(
        description="digits: scikit-learn's 1,797 handwritten digits, 8x8, one channel, values 0-255."
    )


DatasetReference = BuiltinReference


class DatasetFacts(Body):
    """What ingestion measured on the snapshot."""

    images: int = Field(description="How many there are.")
    classes: dict[str, int] = Field(description="Images per class, in class order.")
    shape: tuple[int, int, int] = Field(description="Height, width, channels.")
    dtype: str = Field(description="Of the stored pixels: uint8, uint16 or float32.")
    value_range: tuple[float, float] = Field(description="Smallest and largest pixel.")
    channel_mean: list[float]
    channel_std: list[float]


class Dataset(Body):
    """An immutable, content-addressed snapshot of labelled images, made once from a reference."""

    id: str
    state: DatasetState
    is_terminal: bool
    reference: dict[str, Any]
    digest: str | None = Field(description="SHA-256 over images, labels and class names; null until ready.")
    facts: DatasetFacts | None
    error: Failure | None
    created_at: Timestamp


class DatasetList(Body):
    """One page of datasets, newest first."""

    items: list[Dataset]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
