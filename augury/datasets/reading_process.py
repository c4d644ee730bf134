"""A dataset is read in a process of its own."""

from __future__ import annotations

from functools import partial

from augury.datasets.processes.parent import Child, result_of_child
from augury.datasets.protocol import ReadDataset, Task, result_of
from augury.monitor import WorkMonitor


def read_in_process(task: Task, monitor: WorkMonitor) -> ReadDataset:
    """Fetch a dataset and read it into a snapshot's folder below the task's workspace, in a child process.

    Raises:
        DatasetError: the reference cannot be used, which the child or its end says.
        MemoryError: the child was killed, as the kernel does when memory runs out.
        Whatever the monitor raises to end the work; nothing of the child is left running then.
    """
    child = Child("augury.datasets", task.reference["kind"], task.to_json(), task.limits.max_seconds, "dataset")
    return result_of_child(child, monitor, partial(result_of, task=task))
