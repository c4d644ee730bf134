"""Others who have taken all the places of a service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fastapi.testclient import TestClient

from service.http.slots import Slots


@contextmanager
def all_taken(client: TestClient, slots: Slots) -> Iterator[None]:
    """All of these places are taken, for the length of the block."""
    assert client.portal is not None
    with ExitStack() as others:
        for _ in range(slots.places):
            others.enter_context(client.portal.wrap_async_context_manager(slots.taken()))
        yield
