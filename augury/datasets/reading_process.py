"""A dataset is read in a process of its own, unless no stranger has had a hand in it."""

from __future__ import annotations

from functools import partial

from augury.datasets.processes.parent import Child, result_of_child
from augury.datasets.protocol import ReadDataset, Task, result_of
from augury.datasets.reference_rules import SHIPPED
from augury.monitor import WorkMonitor


def read_safely(task: Task, monitor: WorkMonitor) -> ReadDataset:
    """Read a dataset into a snapshot's folder below the task's workspace: in a child process, but for the digits.

    Those are a file of an installed package, as trustworthy as this program, and starting a process for them would take
    ten times as long as reading them.

    Raises:
        DatasetError: the reference cannot be used.
        MemoryError: there is not enough memory to read it.
        Whatever the monitor raises to end the work.
    """
    if (task.reference["kind"], task.reference.get("name")) == ("builtin", SHIPPED):
        return _read_here(task, monitor)
    return read_in_process(task, monitor)


def read_in_process(task: Task, monitor: WorkMonitor) -> ReadDataset:
    """Fetch a dataset and read it into a snapshot's folder below the task's workspace, in a child process.

    Raises:
        DatasetError: the reference cannot be used, which the child or its end says.
        MemoryError: the child was killed, as the kernel does when memory runs out.
        Whatever the monitor raises to end the work; nothing of the child is left running then.
    """
    child = Child("augury.datasets", task.reference["kind"], task.to_json(), task.limits.max_seconds, "dataset")
    return result_of_child(child, monitor, partial(result_of, task=task))


def _read_here(task: Task, monitor: WorkMonitor) -> ReadDataset:
    from augury.datasets.reading import read_reference  # the readers, which other references need in a child alone

    def report(step: str, done: int, total: int) -> None:
        monitor.raise_if_cancelled()
        monitor.report_progress(progress={"step": step, "done": done, "total": total})

    return read_reference(task, report)
