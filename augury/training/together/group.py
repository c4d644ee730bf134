"""A group of trials that are computed together: each comes on a thread of its own, and leaves when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread

from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.training.models import Learner, learners_together
from augury.training.on_jax.stack import Stack
from augury.training.streams import INITIALISATION, stream_seed
from augury.training.trial import Trained, train_trial

_POLL_SECONDS = 0.1
"""How soon one that waits for the others hears that it is cancelled."""


class Group:
    """Trials that differ in seed and spec alone, in the rows of one stack.

    Training begins when all that take part have come: whoever does not come has to leave. The stack has all of its
    rows however few are taken, so that a trial's numbers do not depend on its company.

    Args:
        rows: of the stack; where there is one, a trial is trained by itself.
        taken: those of the rows that a trial is to come for.
    """

    def __init__(self, rows: int, taken: Iterable[int]) -> None:
        self._rows, self._taken = rows, set(taken)
        self._size = len(self._taken)
        self._come: dict[int, TrialDefinition] = {}
        self._lock = Lock()
        self._stack: Stack | None = None
        self._learners: Future[list[Learner]] = Future()

    @contextmanager
    def taking_part(self, row: int) -> Iterator[None]:
        """Have the others not wait for this row any more when the block is over, however it ends."""
        try:
            yield
        finally:
            self._leave(row)

    def train(
        self,
        row: int,
        definition: TrialDefinition,
        snapshot: Snapshot,
        monitor: WorkMonitor,
        model_file: Path | None = None,
    ) -> Trained:
        """What ``train_trial`` gives, and raises; its seconds are this trial's share of those that all took.

        The others wait for it no longer then. It is called once for each row.
        """
        if self._rows == 1:
            return train_trial(definition, snapshot, monitor, model_file)
        self._note_come(row, definition, snapshot)
        while not wait([self._learners], _POLL_SECONDS).done:
            monitor.raise_if_cancelled()
        learner = self._learners.result()[row]
        trained = train_trial(definition, snapshot, monitor, initialised=lambda *_, **__: learner)
        self._leave(row)
        seconds = trained.result.seconds / self._size
        return replace(trained, result=trained.result.model_copy(update={"seconds": seconds}))

    def _note_come(self, row: int, definition: TrialDefinition, snapshot: Snapshot) -> None:
        with self._lock:
            self._come[row], self._snapshot = definition, snapshot
            self._build_if_all_have_come()

    def _leave(self, row: int) -> None:
        with self._lock:
            self._taken.discard(row)
            if self._stack is None:
                self._come.pop(row, None)
                self._build_if_all_have_come()
        if self._stack is not None:
            self._stack.leave(row)

    def _build_if_all_have_come(self) -> None:
        """On a thread of its own, as building takes a while in which each of them may be cancelled."""
        is_begun = self._learners.running() or self._learners.done()
        if self._come and self._come.keys() == self._taken and not is_begun:
            self._learners.set_running_or_notify_cancel()
            Thread(target=self._build, args=(dict(self._come), self._snapshot), name="stack-builder").start()

    def _build(self, definitions: dict[int, TrialDefinition], snapshot: Snapshot) -> None:
        first, shape, classes = next(iter(definitions.values())), snapshot.images.shape[1:], len(snapshot.class_names)
        seeds = {row: stream_seed(each.seed, INITIALISATION) for row, each in definitions.items()}
        try:
            stack, learners = learners_together(first.model, shape, classes, first.training, seeds, self._rows)
        except Exception as error:  # belongs to all of them, on their own threads
            self._learners.set_exception(error)
            return
        with self._lock:
            self._stack = stack
            stack.admit(self._taken)
        self._learners.set_result(learners)
