"""Having a model file read in a process of its own. Imports no Keras."""

from __future__ import annotations

from functools import partial
from typing import Any

from augury.datasets.errors import DatasetError
from augury.datasets.processes.parent import Child, result_of_child
from augury.datasets.protocol import Task
from augury.monitor import WorkMonitor
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.keras_files import FindKept
from augury.training.model_reading.places import kind_of_place
from augury.training.model_reading.protocol import DIGEST, ReadModel, result_of


def read_model_in_process(task: Task, monitor: WorkMonitor, find_kept: FindKept = lambda _sha256: None) -> ReadModel:
    """Fetch a model file and write what is checked of it below the task's workspace, in a child process.

    Args:
        task: what is to be read.
        monitor: told how far it is.
        find_kept: of weights that Keras publishes, those that were fetched before. One that is fetched now is left in
            the workspace as ``DOWNLOADED_FILE``.

    Raises:
        ModelFileError: the reference or the file cannot be used, which the child or its end says.
        MemoryError: the child was killed, as the kernel does when memory runs out.
        Whatever the monitor raises to end the work; nothing of the child is left running then.
    """
    module, limits = "augury.training.model_reading", task.limits
    child = Child(module, _kind(task), task.to_json(), limits.max_seconds, "model")
    try:
        return result_of_child(child, monitor, partial(result_of, task=task), partial(_answer, find_kept))
    except ModelFileError:
        raise
    except DatasetError as error:  # whose words are about models here
        raise ModelFileError(error.rule, str(error)) from error


def _kind(task: Task) -> str:
    """Of a reference that needs as much of the environment: a bucket's credentials, or what the network takes."""
    kind, limits = str(task.reference["kind"]), task.limits
    if kind != "weights" or limits.weights_url is None:
        return kind
    kind = kind_of_place(limits.weights_url)
    return "url" if kind == "path" and limits.weights_download_url is not None else kind


def _answer(find_kept: FindKept, question: Any) -> str | None:
    """Where the file with the SHA-256 is that the child asks for, which may be anything by now."""
    path = find_kept(question) if isinstance(question, str) and DIGEST.fullmatch(question) else None
    return None if path is None else str(path)
