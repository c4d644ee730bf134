"""Why a job, a trial or an ingestion failed, said so that a person or a script can act on it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field

from api_schemas.base import Body


class FailureClass(StrEnum):
    """Who can do something about a failure."""

    USER_INPUT = "user_input"
    DATASET = "dataset"
    MODEL = "model"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    WORKER_LOST = "worker_lost"
    INTERNAL = "internal"


RETRYABLE = frozenset({FailureClass.TIMEOUT, FailureClass.WORKER_LOST, FailureClass.INTERNAL})


class Failure(Body):
    """A failure inside a job. Tracebacks go to the log, never in here."""

    failure_class: FailureClass = Field(alias="class", serialization_alias="class")
    message: str = Field(description="One sentence for a person.")
    rule: str | None = Field(
        None, description="Which rule a dataset broke, e.g. 'archive.traversal'; see docs/datasets.md."
    )
    retryable: bool = Field(description="Whether sending the same request again may succeed.")

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    @classmethod
    def of(cls, failure_class: FailureClass, message: str, rule: str | None = None) -> Failure:
        """A failure whose ``retryable`` follows from its class."""
        return cls(failure_class=failure_class, message=message, rule=rule, retryable=failure_class in RETRYABLE)
