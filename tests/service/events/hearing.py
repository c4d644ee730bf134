"""Clients of streams of events, as browsers read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

Address = tuple[str, int]
_PATIENCE = httpx2.Timeout(60)


@dataclass(frozen=True)
class Heard:
    """One event."""

    name: str
    id: str
    data: Any


def events_in(lines: Iterator[str]) -> Iterator[Heard]:
    """The events of a stream, as its standard has them read; an id holds until there is another."""
    name, last_id, data = "", "", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Heard(name or "message", last_id, json.loads("\n".join(data)))
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "id":
            last_id = value
        elif field == "data":
            data.append(value)


@contextmanager
def stream(address: Address, path: str, **headers: str) -> Iterator[httpx2.Response]:
    """An open stream, or whatever else is answered."""
    url = f"http://{address[0]}:{address[1]}{path}"
    with httpx2.Client(timeout=_PATIENCE) as client, client.stream("GET", url, headers=headers) as response:
        yield response


@contextmanager
def hearing(address: Address, path: str, **headers: str) -> Iterator[Iterator[Heard]]:
    """The events of a stream, each of which is waited for; it listens when the block begins."""
    with stream(address, path, **headers) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = response.iter_lines()
        assert next(lines).startswith(":"), "bytes come at once, so that the client knows that it listens"
        yield events_in(lines)


def stored(heard: Iterator[Heard]) -> Iterator[Heard]:
    """Those that are in the record of events; the others come as they like."""
    return (event for event in heard if event.name not in ("progress", "done"))
