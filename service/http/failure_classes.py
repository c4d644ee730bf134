"""What it means that a job, a trial or an ingestion has failed in one class or another, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from api_schemas.failures import FailureClass


@dataclass(frozen=True)
class FailureMeaning:
    """A sentence without its full stop, and what a client should do."""

    meaning: str
    remedy: str


FAILURE_CLASSES = {
    FailureClass.USER_INPUT: FailureMeaning(
        "What was asked for cannot be done with this dataset, spec or model", "Change the request as `message` says."
    ),
    FailureClass.DATASET: FailureMeaning(
        "The dataset cannot be read or used", "Look up `rule` in `docs/datasets.md`, and correct the data."
    ),
    FailureClass.MODEL: FailureMeaning(
        "The model file cannot be read or used", "Look up `rule` in `docs/models.md`, and correct the file."
    ),
    FailureClass.OUT_OF_MEMORY: FailureMeaning(
        "The work needs more memory than the worker has",
        "Ask for smaller images, batches or models, or for a larger worker.",
    ),
    FailureClass.TIMEOUT: FailureMeaning(
        "The work took longer than the operator allows",
        "Ask for less, or send the request again when the service has less to do.",
    ),
    FailureClass.WORKER_LOST: FailureMeaning(
        "Workers ended again and again while they did this work",
        "Send the request again; if it happens once more, tell the operator.",
    ),
    FailureClass.INTERNAL: FailureMeaning(
        "The service made a mistake, or something that it needs was away",
        "Send the request again; if it happens once more, tell the operator.",
    ),
}
"""A row for every class; the OpenAPI document and ``docs/errors.md`` are made from them."""
