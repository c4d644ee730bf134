"""Having a model file read in a process of its own. Imports no Keras."""

from __future__ import annotations

from functools import partial

from augury.datasets.errors import DatasetError
from augury.datasets.processes.parent import Child, result_of_child
from augury.datasets.protocol import Task
from augury.monitor import WorkMonitor
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.places import kind_of_place
from augury.training.model_reading.protocol import ReadModel, result_of


def read_model_in_process(task: Task, monitor: WorkMonitor) -> ReadModel:
    """Fetch a model file and write what is checked of it below the task's workspace, in a child process.

    Raises:
        ModelFileError: the reference or the file cannot be used, which the child or its end says.
        MemoryError: the child was killed, as the kernel does when memory runs out.
        Whatever the monitor raises to end the work; nothing of the child is left running then.
    """
    module, limits = "augury.training.model_reading", task.limits
    kind = task.reference["kind"]
    if kind == "weights" and limits.weights_url is not None:  # in a bucket, it needs what is needed for that
        kind = kind_of_place(limits.weights_url)
    child = Child(module, kind, task.to_json(), limits.max_seconds, "model")
    try:
        return result_of_child(child, monitor, partial(result_of, task=task))
    except ModelFileError:
        raise
    except DatasetError as error:  # whose words are about models here
        raise ModelFileError(error.rule, str(error)) from error
