"""Where our own events are written, once they are rendered: past the standard library, which makes a record of each."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TextIO


class LineWriter:
    """A logger of structlog's that writes whole lines where a handler does, in turn with it.

    Args:
        handler: of the standard library's events.
        name: of the logger.
    """

    def __init__(self, handler: logging.StreamHandler[TextIO], name: str = "") -> None:
        self._handler = handler
        self.name = name

    def write(self, line: str) -> None:
        """Write one event. Where it cannot be written, whoever reports it goes on."""
        self._handler.acquire()
        try:
            with suppress(OSError, ValueError):
                self._handler.stream.write(f"{line}\n")
                self._handler.flush()
        finally:
            self._handler.release()

    debug = info = warning = error = critical = exception = fatal = msg = log = write
