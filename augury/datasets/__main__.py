"""The child of ``augury.datasets.reading_process``: reads one dataset into a snapshot's folder, and says so."""

from __future__ import annotations

import sys

from augury.datasets.processes.child import Reporter, carry_out, end_with_the_parent
from augury.datasets.protocol import Task, ready_message
from augury.datasets.reading import read_reference
from augury.telemetry.logs import configure_logging


def main() -> int:
    """Carry out the task that comes in on standard input; whatever happens, the last line says how it ended."""
    end_with_the_parent()
    configure_logging()
    task = Task.from_json(sys.stdin.buffer.readline())
    carry_out(lambda: ready_message(read_reference(task, Reporter())), task.limits.max_memory_bytes, "dataset")
    return 0


if __name__ == "__main__":
    sys.exit(main())
