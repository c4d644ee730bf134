"""What every request may use, made once when the service starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from api_schemas.service.health import Readiness
from augury.datasets.settings import IngestSettings
from service.capacity import Capacity
from service.http.direct.arguments import Found
from service.http.idempotency import Accepted
from service.http.lately import SeenLately
from service.observation import Seen
from service.publisher import Publisher
from service.remembered.datasets_lately import DatasetsLately
from service.remembered.limits_lately import LimitsLately
from service.remembered.refusals import Refusals
from service.remembered.use_noted import UseNoted
from service.settings import ServiceSettings
from service.together.groups import InGroups
from service.watching.streams import Streams
from service.watching.waiting import Waiting
from store.database import Database
from store.files.artifacts import Artifacts
from store.queue import Queue
from store.webhooks.settings import WebhookSettings


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
    webhooks: WebhookSettings
    capacity: Capacity
    waiting: Waiting
    streams: Streams
    readiness: SeenLately[Readiness]
    metrics: SeenLately[Seen]
    limits: LimitsLately
    uses: UseNoted = field(default_factory=UseNoted)
    datasets: DatasetsLately = field(default_factory=DatasetsLately)
    refusals: Refusals = field(default_factory=Refusals)


class _Shared(Found):
    def find(self, request: Request) -> Resources:
        resources: Resources = request.app.state.resources
        return resources


Shared = Annotated[Resources, Depends(_Shared())]
