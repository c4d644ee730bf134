"""The application: settings and collaborators in, routes and error handling out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import version
from operator import attrgetter
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from augury.datasets.settings import IngestSettings
from augury.telemetry import traces
from service import health
from service.audit import routes as audit_routes
from service.audit.middleware import AuditMiddleware
from service.auth import login_routes
from service.auth import routes as key_routes
from service.auth.admission import Admission
from service.auth.cookies import Cookies
from service.auth.doors import Doors
from service.auth.middleware import AdmissionMiddleware
from service.auth.oidc.provider import Provider
from service.auth.oidc.settings import OidcSettings
from service.auth.start import require_protected
from service.capacity import Capacity
from service.connections import ENDS_SOON
from service.datasets import routes as dataset_routes
from service.documentation import routes as documentation_routes
from service.events import routes as event_routes
from service.events.documented import EVENT_SCHEMAS
from service.http import openapi, problems
from service.http.lately import SeenLately
from service.http.middleware import BodyLimitMiddleware, RequestIdMiddleware
from service.http.origins import AllowedHostMiddleware, AllowedHosts, OwnPagesMiddleware
from service.http.pace import BodyPaceMiddleware
from service.http.problem_types import INTERNAL
from service.jobs import artifacts, reading, submission
from service.jobs import routes as job_routes
from service.metrics import routes as metric_routes
from service.metrics.requests import RequestCountMiddleware, RequestCounts
from service.models import routes as model_routes
from service.models.examples import MODEL_SCHEMAS
from service.observation import look
from service.projects import routes as project_routes
from service.publisher import Publisher
from service.quotas import routes as usage_routes
from service.quotas.rate import RateLimitMiddleware
from service.readiness import readiness
from service.remembered.limits_lately import LimitsLately
from service.resources import Resources
from service.settings import ServiceSettings
from service.specs import export_routes, lint_routes, preview_routes
from service.together.groups import InGroups
from service.traces import TraceMiddleware
from service.uploads import routes as upload_routes
from service.watching.poller import Poller
from service.watching.streams import Streams
from service.watching.waiting import Waiting
from service.web import routes as web_routes
from service.web.refusals import is_for_people, shown_to_people
from service.webhooks import routes as webhook_routes
from store import migrate
from store.database import Database
from store.files.artifacts import Artifacts
from store.queue import Queue, celery_app
from store.webhooks.settings import WebhookSettings

_ROUTES = (
    job_routes,
    event_routes,
    artifacts,
    dataset_routes,
    upload_routes,
    model_routes,
    key_routes,
    project_routes,
    usage_routes,
    audit_routes,
    webhook_routes,
    login_routes,
    lint_routes,
    export_routes,
    health,
    metric_routes,
    preview_routes,
    documentation_routes,
    web_routes,
)
_NO_TELEMETRY: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
"""The framework's own shows what was asked for, in the messages of what it refuses. Ours is `service.traces`."""
_DESCRIPTION = """
Does this image augmentation help or hurt my model on my data, by how much, and why?

Submit a comparison to `POST /v1/jobs`, wait with `GET /v1/jobs/{id}` and `Prefer: wait=30`, read
`GET /v1/jobs/{id}/report`. Specs use the parameter names of Keras's `ImageDataGenerator`. Errors are RFC 9457
problems with a stable `type`; every faulty field is named under `errors`.
"""


def create_app(
    settings: ServiceSettings | None = None,
    ingest: IngestSettings | None = None,
    oidc: OidcSettings | None = None,
    webhooks: WebhookSettings | None = None,
) -> FastAPI:
    """The ASGI application; settings come from the environment unless they are given."""
    settings, ingest = settings or ServiceSettings(), ingest or IngestSettings()
    provider, webhooks = Provider.of(settings, oidc or OidcSettings()), webhooks or WebhookSettings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        database = Database(settings.resolved_database_url)
        await run_in_threadpool(migrate.make_ready, database, settings.schema_patience_seconds)
        await run_in_threadpool(partial(require_protected, settings, database, are_people_known=provider is not None))
        queue = Queue(celery_app(settings))
        poller = Poller(database)
        find = partial(reading.find, keep_days=settings.job_retention_days)
        waiting = Waiting(database, poller, find, settings.max_waiting_clients)
        streams = Streams(database, poller, settings.max_event_streams)
        with Publisher(queue) as publisher:
            resources = app.state.resources = Resources(
                settings=settings,
                database=database,
                artifacts=Artifacts(settings.resolved_artifacts_url, settings.snapshot_cache),
                queue=queue,
                publisher=publisher,
                submissions=InGroups("requests"),
                ingest=ingest,
                webhooks=webhooks,
                capacity=Capacity(),
                waiting=waiting,
                streams=streams,
                limits=LimitsLately(database, settings.default_limits),
                **_seen_lately(database, queue, settings.sweep_seconds),
            )
            refusals, counts = resources.refusals, app.state.request_counts
            with resources.submissions.running(partial(submission.accept_all, resources)):
                async with poller.looking(), refusals.being_written(database), counts.added_to(database):
                    yield {ENDS_SOON: [waiting.close, streams.end_all]}
        database.close()
        await run_in_threadpool(traces.flush)

    app = _application(lifespan)
    app.state.provider, app.state.cookies = provider, Cookies.of(settings)
    problems.install(app, is_for_people, shown_to_people)
    doors = Doors.of(settings)
    _add_middleware(app, settings, ingest, Admission(doors, app.state.cookies, provider))
    for module in _ROUTES:
        app.include_router(module.router)
    openapi.install(app, MODEL_SCHEMAS | EVENT_SCHEMAS, are_keys_optional=doors.are_open)
    app.build_middleware_stack = _outermost(RequestIdMiddleware, app.build_middleware_stack)  # type: ignore[method-assign]
    return app


def _application(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]) -> FastAPI:
    return FastAPI(
        title="Augury",
        version=version("augury"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # the framework's pages fetch their scripts from elsewhere
        redoc_url=None,
        responses=openapi.described({INTERNAL}),
        generate_unique_id_function=attrgetter("name"),  # generated clients call their functions so
        telemetry=_NO_TELEMETRY,
    )


def _seen_lately(database: Database, queue: Queue, sweep_seconds: float) -> dict[str, Any]:
    """What is asked for often, by those who watch the service."""
    return {
        "readiness": SeenLately(partial(readiness, database, queue, sweep_seconds), max_age_seconds=1.0),
        "metrics": SeenLately(partial(look, database, queue, sweep_seconds), max_age_seconds=5.0),
    }


def _add_middleware(app: FastAPI, settings: ServiceSettings, ingest: IngestSettings, admission: Admission) -> None:
    """Whatever looks at a request before its route does; what is added last sees it first."""
    app.add_middleware(BodyLimitMiddleware, max_json_bytes=settings.max_body_bytes, max_file_bytes=ingest.max_bytes)
    app.add_middleware(BodyPaceMiddleware, pace=settings.pace)
    app.add_middleware(RateLimitMiddleware)
    app.add_middleware(AdmissionMiddleware, admission=admission)
    hosts = AllowedHosts(settings.allowed_hosts, settings.host)
    app.add_middleware(OwnPagesMiddleware, hosts=hosts)
    app.add_middleware(AuditMiddleware)
    app.add_middleware(AllowedHostMiddleware, hosts=hosts)
    traces.configure("augury-api", are_on=settings.traces)
    app.state.request_counts = RequestCounts()
    app.add_middleware(RequestCountMiddleware, counts=app.state.request_counts)
    app.add_middleware(TraceMiddleware)


def _outermost(middleware: type[RequestIdMiddleware], build: Callable[[], ASGIApp]) -> Callable[[], ASGIApp]:
    """Around everything, even what answers 500: add_middleware() puts its own inside of that."""
    return lambda: middleware(build())
