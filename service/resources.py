"""What every request may use, made once when the service starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from api_schemas.service.health import Readiness
from augury.datasets.settings import IngestSettings
from service.capacity import Capacity
from service.groups import InGroups
from service.http.idempotency import Accepted
from service.http.lately import SeenLately
from service.publisher import Publisher
from service.settings import ServiceSettings
from service.waiting import Waiting
from store.database import Database
from store.files.artifacts import Artifacts
from store.queue import Queue


@dataclass(frozen=True)
class Resources:
    """The service's collaborators."""

    settings: ServiceSettings
    database: Database
    artifacts: Artifacts
    queue: Queue
    publisher: Publisher
    submissions: InGroups[Any, Accepted]
    """Of jobs; see ``service.jobs.submission``."""
    ingest: IngestSettings
    capacity: Capacity
    waiting: Waiting
    readiness: SeenLately[Readiness]


async def _of_request(request: Request) -> Resources:
    # Not on a thread, as the framework would have it: they may all be taken.
    resources: Resources = request.app.state.resources
    return resources


Shared = Annotated[Resources, Depends(_of_request)]
