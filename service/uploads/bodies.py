"""A body of any size, taken block by block, and the room on the disk that it needs."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from starlette.requests import ClientDisconnect, Request

from augury.datasets.disk import DISK_FULL
from augury.datasets.settings import variable_of
from service.http.problem import ProblemError
from service.http.problem_types import INSUFFICIENT_STORAGE, UPLOAD_CUT_OFF, UPLOAD_TOO_SLOW
from service.http.slots import Slots

_BLOCK = 2**18
_MIN_FREE_BYTES = 2**26
"""Of disk that an upload leaves to everything else."""


async def take_body(request: Request, feed: Callable[[bytes], None], places: Slots, max_seconds: float) -> None:
    """Hand the body to *feed* in blocks, on a thread, as disks are slow and hashing is work.

    A place is taken for each block and not for the upload, so that nobody waits for what another does not send. What
    has come before it breaks off is handed over, too.

    Raises:
        ProblemError: the client is gone or too slow.
    """
    pieces = request.stream()
    waiting: list[bytes] = []
    size, deadline = 0, time.monotonic() + max_seconds
    while True:
        broken: ProblemError | None = None
        try:
            piece = await _next(pieces, deadline)
        except ProblemError as error:
            piece, broken = None, error
        if piece is not None:
            waiting.append(piece)
            size += len(piece)
        if size and (piece is None or size >= _BLOCK):
            await places.run(feed, b"".join(waiting))
            waiting, size = [], 0
        if broken is not None:
            raise broken
        if piece is None:
            return


async def _next(pieces: AsyncIterator[bytes], deadline: float) -> bytes | None:
    """The next piece of the body; None at its end.

    Raises:
        ProblemError: the client is gone or too slow.
    """
    try:
        with anyio.fail_after(max(0.0, deadline - time.monotonic())):
            return await anext(pieces, None)
    except TimeoutError:
        detail = f"the upload took longer than {variable_of('max_seconds')} allows"
        raise UPLOAD_TOO_SLOW.error(detail, headers={"Connection": "close"}) from None
    except ClientDisconnect:  # nobody reads this; it only ends the request
        raise UPLOAD_CUT_OFF.error("the connection ended before the upload did") from None


def require_free(folder: Path, size: int) -> None:
    """Let an upload of so many bytes pass that the folder's disk has room for.

    Raises:
        ProblemError: it has not.
    """
    free = shutil.disk_usage(folder).free
    if free < size + _MIN_FREE_BYTES:
        raise no_room(f"{free} bytes are free")


@contextmanager
def room_or_507() -> Iterator[None]:
    """Have a full disk answered as what it is (a ProblemError)."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise no_room(str(error.strerror)) from error


def no_room(reason: str) -> ProblemError:
    """507, with why."""
    detail = f"there is no room for the upload ({reason}); nothing was stored. The operator has to make some"
    return INSUFFICIENT_STORAGE.error(detail)
