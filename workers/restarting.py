"""A worker that Celery gave up starts anew, in place.

Celery ends a worker over errors that it does not expect, some of its own making: a pool process that dies while the
connection to the broker is made again is one. Where nobody watches the worker, work would wait for ever.
"""

from __future__ import annotations

import os
import sys
import time

import structlog
from celery import signals
from celery.worker import WorkController

from workers.leasing import shutdown

_PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)
_has_been_ready = False


def install() -> None:
    """Watch the worker of this process."""
    signals.worker_ready.connect(_note_ready)
    signals.worker_shutdown.connect(_start_anew_if_it_gave_up)


def is_given_up(exit_code: int | None, *, was_ready: bool, told_to_stop: bool) -> bool:
    """Whether a worker that ends should be there: what ends before it was ever ready has a cause that stays."""
    return bool(exit_code) and was_ready and not told_to_stop


def _note_ready(**_: object) -> None:
    global _has_been_ready
    _has_been_ready = True


def _start_anew_if_it_gave_up(sender: WorkController, **_: object) -> None:
    if not is_given_up(sender.exitcode, was_ready=_has_been_ready, told_to_stop=shutdown.is_requested()):
        return
    log.error("ended by an error of its own, and starts anew", exit_code=sender.exitcode)
    time.sleep(_PAUSE_SECONDS)  # so that an error that comes at once again does not keep a processor busy
    os.execv(sys.executable, sys.orig_argv)  # the same process number, so whoever watches it need not know
