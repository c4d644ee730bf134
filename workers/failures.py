"""From an exception to a failure that a client can act on. The traceback stays in the log."""

from __future__ import annotations

import structlog

from api_schemas.failures import Failure, FailureClass
from augury.datasets.errors import DatasetError, InternalError
from augury.training.errors import ModelTooLargeError, UserInputError
from augury.training.model_files.errors import ModelFileError
from store.files.snapshot_cache import SnapshotCacheError

log = structlog.get_logger(__name__)


_MESSAGES_FOR_CLIENTS: dict[type[Exception], FailureClass] = {
    UserInputError: FailureClass.USER_INPUT,
    DatasetError: FailureClass.DATASET,
    ModelFileError: FailureClass.MODEL,
    ModelTooLargeError: FailureClass.OUT_OF_MEMORY,
    InternalError: FailureClass.INTERNAL,
    SnapshotCacheError: FailureClass.INTERNAL,
}
_OUT_OF_MEMORY_NAMES = frozenset({"MemoryError", "ResourceExhaustedError"})
_OUT_OF_MEMORY_STATUS = "RESOURCE_EXHAUSTED"  # how XLA's one runtime error says it


def failure_of(error: Exception, what: str) -> Failure:
    """Classify what went wrong while *what* ("training", "ingestion") was done, and log it."""
    failure_class = _MESSAGES_FOR_CLIENTS.get(type(error))
    if failure_class is not None:
        return Failure.of(failure_class, str(error), getattr(error, "rule", None))
    log.error("work failed", what=what, exc_info=error)
    if type(error).__name__ in _OUT_OF_MEMORY_NAMES or str(error).startswith(_OUT_OF_MEMORY_STATUS):
        message = f"the {what} needs more memory than the worker has; try a smaller model, image or batch_size"
        return Failure.of(FailureClass.OUT_OF_MEMORY, message)
    return Failure.of(
        FailureClass.INTERNAL,
        f"the {what} failed with an unexpected {type(error).__name__}; the worker's log has the details",
    )
