"""What every task may use, made once per process (connections must not be shared across a fork)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache

from celery import Celery

from augury.datasets.settings import IngestSettings
from store.database import Database
from store.files.artifacts import Artifacts
from store.queue import Queue, celery_app
from store.webhooks.settings import WebhookSettings
from workers.settings import WorkerSettings


@dataclass(frozen=True)
class Context:
    """A worker process's collaborators."""

    settings: WorkerSettings
    database: Database
    artifacts: Artifacts
    queue: Queue
    ingest: IngestSettings = field(default_factory=IngestSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)


def context(app: Celery) -> Context:
    """This process's collaborators."""
    return _context_of_process(app, os.getpid())


@cache
def _context_of_process(app: Celery, _process_id: int) -> Context:
    return make_context(WorkerSettings(), app)


def make_context(settings: WorkerSettings, app: Celery | None = None) -> Context:
    """Collaborators for given settings."""
    return Context(
        settings=settings,
        database=Database(settings.resolved_database_url),
        artifacts=Artifacts(settings.resolved_artifacts_url, settings.snapshot_cache),
        queue=Queue(app or celery_app(settings)),
    )
