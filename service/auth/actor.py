"""Who asks: the one place that says so, and what a route asks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from store.ids import DEFAULT_PROJECT


@dataclass(frozen=True)
class Actor:
    """Who sends a request.

    Attributes:
        project: whose objects there are for it; all others are as if they did not exist.
    """

    project: str


ANYBODY = Actor(DEFAULT_PROJECT)
"""Who brings no key, where none is needed."""


async def _of_request(request: Request) -> Actor:
    actor: Actor = request.scope.get("augury_actor", ANYBODY)
    return actor


Reader = Annotated[Actor, Depends(_of_request)]
"""Of a route that shows what there is."""
Submitter = Annotated[Actor, Depends(_of_request)]
"""Of a route that stores, changes or deletes something."""
