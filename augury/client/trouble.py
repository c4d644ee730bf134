"""Trouble with a service that may be over soon: how long it has lasted, and how long it is borne."""

from __future__ import annotations

import time

from augury.errors import ServiceUnreachable

FIRST_DELAY_SECONDS = 0.1
MAX_DELAY_SECONDS = 2.0


class Trouble:
    """How long it has lasted, with growing pauses in it. Counted from the first failure: what was held for long before
    it broke says nothing.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self.forget()

    def forget(self) -> None:
        """It is over."""
        self._since: float | None = None
        self._delay = FIRST_DELAY_SECONDS

    def bear(self, error: ServiceUnreachable) -> None:
        """Pause.

        Raises:
            ServiceUnreachable: the *error*, where that would take longer than there is patience for.
        """
        self._since = self._since or time.monotonic()
        if time.monotonic() + self._delay > self._since + self._patience:
            raise error
        time.sleep(self._delay)
        self._delay = min(2 * self._delay, MAX_DELAY_SECONDS)
