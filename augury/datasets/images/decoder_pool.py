"""Forked processes that share out blocks of images, and outlive what an image does to one of them.

Forking is safe here because ingestion runs alone, with one thread, in a process of its own. The decoders of image
formats are C, and their input comes from strangers: a process that dies over an image, or does not come back from it,
costs that image and no more.
"""

from __future__ import annotations

import gc
import mmap
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings, variable_of

_MEMORY = variable_of("max_memory_bytes")
_LOOK_SECONDS = 0.25
_IMAGE_SECONDS = 60.0
_MAX_LOST = 100
CRASHED = "the decoder crashed on it"
STUCK = f"took longer than {_IMAGE_SECONDS:g} seconds to decode"

Indices = npt.NDArray[np.intp]
Work = Callable[[Indices, Callable[[int], None]], Any]
"""Work on a block of images; it says which one it turns to. Runs in a forked process; what it returns is pickled."""


def shared_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Zeros in memory that this process and those it forks have in common."""
    size = max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    return np.frombuffer(mmap.mmap(-1, size), dtype=dtype, count=int(np.prod(shape))).reshape(shape)


class DecoderPool:
    """As many processes as this one has cores, which carry out *work* on blocks of image indices.

    ``finished(block, result)`` is called for each block here, in any order; ``lost(index, reason)`` for each image
    that took its process with it; ``tick()`` at least four times a second, and may raise to end it all.
    """

    def __init__(
        self,
        work: Work,
        finished: Callable[[Indices, Any], None],
        lost: Callable[[int, str], None],
        tick: Callable[[], None],
        limits: IngestSettings,
    ) -> None:
        self._work, self._finished, self._lost, self._tick, self._limits = work, finished, lost, tick, limits
        self._waiting: list[Indices] = []
        self._children: dict[Connection, PoolProcess] = {}
        self._lost_images = 0

    def run(self, blocks: Sequence[Indices]) -> None:
        """Work through all blocks.

        Raises:
            DatasetError: what the work raised; or ``images.too_large``: too many images crash their decoder.
        """
        self._waiting = list(reversed(blocks))
        try:
            for _ in range(min(len(blocks), len(os.sched_getaffinity(0)))):
                self._spawn()
            while self._children:
                for ready in wait(list(self._children), timeout=_LOOK_SECONDS):
                    assert isinstance(ready, Connection)
                    self._receive(ready)
                self._end_stuck()
                self._tick()
        finally:
            for connection, child in self._children.items():
                child.process.kill()
                child.process.join()
                connection.close()

    def _spawn(self) -> None:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        current_index = shared_array((1,), np.int64)
        others = [*self._children, ours]
        process = context.Process(
            target=_serve, args=(theirs, others, current_index, self._work, self._limits), daemon=True
        )
        process.start()
        theirs.close()
        self._children[ours] = PoolProcess(process, current_index)
        self._hand_out(ours)

    def _hand_out(self, connection: Connection) -> None:
        child = self._children[connection]
        child.block = self._waiting.pop() if self._waiting else None
        child.watch()
        with suppress(OSError):  # it died; reading from it will tell
            connection.send(child.block)
        if child.block is None:
            del self._children[connection]
            connection.close()
            child.process.join()

    def _receive(self, connection: Connection) -> None:
        child = self._children[connection]
        try:
            rule, result = connection.recv()
        except (EOFError, OSError):
            self._replace(connection, CRASHED)
            return
        if rule is not None:
            raise DatasetError(rule, result) if rule else RuntimeError(f"in a decoding process: {result}")
        assert child.block is not None
        self._finished(child.block, result)
        self._hand_out(connection)

    def _end_stuck(self) -> None:
        for connection, child in list(self._children.items()):
            if child.is_stuck():
                self._replace(connection, STUCK)

    def _replace(self, connection: Connection, reason: str) -> None:
        """Lose the image that a process was busy with, put the rest of its block back, and fork another."""
        child = self._children.pop(connection)
        child.process.kill()
        child.process.join()
        connection.close()
        index = int(child.current_index[0])
        assert child.block is not None
        self._lost(index, reason)
        self._lost_images += 1
        if self._lost_images > _MAX_LOST:
            message = (
                f"more than {_MAX_LOST} images could not be decoded without ending the decoder; they are damaged, or "
                f"need more memory than allowed ({_MEMORY}); the last: {reason}"
            )
            raise DatasetError("images.too_large", message)
        rest = child.block[child.block != index]
        if len(rest):
            self._waiting.append(rest)
        if self._waiting:
            self._spawn()


class PoolProcess:
    """One process, what it is busy with, and since when."""

    def __init__(self, process: Any, current_index: npt.NDArray[np.int64]) -> None:
        self.process = process
        self.current_index = current_index
        self.block: Indices | None = None
        self._seen = (-1, time.monotonic())

    def watch(self) -> None:
        """Begin to watch a new block."""
        self._seen = (-1, time.monotonic())
        if self.block is not None:
            self.current_index[0] = self.block[0]

    def is_stuck(self) -> bool:
        """Whether it has not turned to another image for too long."""
        index, since = self._seen
        if index != int(self.current_index[0]):
            self._seen = (int(self.current_index[0]), time.monotonic())
            return False
        return time.monotonic() - since > _IMAGE_SECONDS


def _serve(
    connection: Connection,
    others: list[Connection],
    current_index: npt.NDArray[np.int64],
    work: Work,
    limits: IngestSettings,
) -> None:
    """What a forked process does until it is told that there is no more, or its parent is gone."""
    for other in others:
        other.close()  # else the parent's end would stay open when the parent is gone
    gc.freeze()  # collections would touch, and so copy, all that is shared with the parent
    _limit(limits)

    def turn_to(index: int) -> None:
        current_index[0] = index

    try:
        while (block := connection.recv()) is not None:
            try:
                answer: tuple[str | None, Any] = None, work(block, turn_to)
            except DatasetError as error:
                answer = (error.rule, str(error))
            except MemoryError:
                answer = (
                    "images.too_large",
                    f"decoding needs more memory than {limits.max_memory_bytes} bytes ({_MEMORY})",
                )
            except Exception:
                answer = ("", traceback.format_exc())
            connection.send(answer)
    except (EOFError, OSError):
        pass  # the parent is gone
    finally:
        os._exit(0)  # nothing that the parent has registered is to run here


def _limit(limits: IngestSettings) -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    max_bytes = limits.max_memory_bytes if hard == resource.RLIM_INFINITY else min(limits.max_memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (max_bytes, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
