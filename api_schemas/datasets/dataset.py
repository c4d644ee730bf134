"""Datasets on the wire: how a client refers to one, and what the service says about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from api_schemas.base import Body, Timestamp
from api_schemas.failures import Failure


class DatasetState(StrEnum):
    """``queued -> ingesting -> ready | failed``; ``deleted`` ones are not shown any more."""

    QUEUED = "queued"
    INGESTING = "ingesting"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more happens to the dataset by itself."""
        return self in (DatasetState.READY, DatasetState.FAILED, DatasetState.DELETED)


def _is_unset(value: object) -> bool:
    """Facts that were not measured are not said, as in datasets and reports of earlier versions."""
    return not value


class Skipped(Body):
    """Files of a reference that did not become images, for one reason."""

    reason: str = Field(description="In words.")
    count: int
    examples: list[str] = Field(description="The first few names.")


class DatasetFacts(Body):
    """What ingestion measured on the snapshot."""

    images: int = Field(description="How many there are.")
    classes: dict[str, int] = Field(description="Images per class, in class order.")
    shape: tuple[int, int, int] = Field(description="Height, width, channels.")
    dtype: str = Field(description="Of the stored pixels: uint8, uint16 or float32.")
    value_range: tuple[float, float] = Field(description="Smallest and largest pixel.")
    value_quantiles: tuple[float, float] | None = Field(
        None,
        exclude_if=_is_unset,
        description="What 1 in 200 values lie below, and what 1 in 200 of the values above that exceed: outliers and "
        "background do not count. Measured on a sample; null for datasets that were read before this was measured.",
    )
    channel_mean: list[float]
    channel_std: list[float]
    splits: dict[str, dict[str, int]] = Field(
        {}, description="Images per class in each fixed split (train, validation, test); empty where there is none."
    )
    groups: int | None = Field(None, description="How many groups of images there are; null where none are given.")
    are_digits: bool = Field(
        False,
        exclude_if=_is_unset,
        description="Whether the classes are known to be written digits, and not just numbered.",
    )
    sizes: dict[str, int] = Field({}, description="Source images by 'heightxwidth', the most frequent 100 sizes.")
    extensions: dict[str, int] = Field({}, description="Source files by extension, in lower case.")
    near_constant: int = Field(0, description="Images whose pixels hardly differ from each other.")
    duplicates: int = Field(0, description="Images that are an exact copy of an earlier one.")
    duplicates_with_other_label: int = Field(0, description="Of these, copies that have another class.")
    duplicates_across_splits: int = Field(0, description="Of these, copies in another fixed split: leakage.")
    skipped: list[Skipped] = Field([], description="What was left out, by reason.")
    warnings: list[str] = Field([], description="What a person should look at, in sentences.")


class Dataset(Body):
    """An immutable, content-addressed snapshot of labelled images, made once from a reference."""

    id: str
    state: DatasetState
    is_terminal: bool
    reference: dict[str, Any]
    digest: str | None = Field(description="SHA-256 over images, labels and class names; null until ready.")
    facts: DatasetFacts | None
    error: Failure | None
    progress: dict[str, int | str] = Field({}, description="While it is ingested: step, done, total.")
    created_at: Timestamp


class DatasetList(Body):
    """One page of datasets, newest first."""

    items: list[Dataset]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
