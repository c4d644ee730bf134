"""A real application over a real SQLite file, and a broker that cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute

from augury.datasets.settings import IngestSettings
from service.auth.oidc.settings import OidcSettings
from service.main import create_app
from service.server import server_options
from service.settings import ServiceSettings
from store.database import Database
from tests.servers import free_port, running_in_thread
from tests.service.declared import assert_declared
from tests.store.databases import migrated_copy

UNREACHABLE = "redis://127.0.0.1:1/0"
LOOPBACK_URL = "http://localhost"


def _say_nothing(_logger: Any, _method: str, _event: Any) -> Any:
    raise structlog.DropEvent


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    """Nobody reads the log here, and unconfigured it would draw every traceback with all variables."""
    structlog.configure(processors=[_say_nothing])
    yield
    structlog.reset_defaults()


def application(
    folder: Path, ingest: IngestSettings | None = None, oidc: OidcSettings | None = None, **settings: Any
) -> FastAPI:
    """A service on *folder*, and on the database there, if there is one."""
    if not (folder / "augury.db").exists():
        migrated_copy(folder).close()
    url = f"sqlite:///{folder / 'augury.db'}"
    shared = ServiceSettings(data_dir=folder, database_url=url, broker_url=UNREACHABLE, **settings)
    return create_app(shared, ingest, oidc)


_KNOWN: dict[int, BaseRoute] = {}


def _with_known_routes(app: FastAPI) -> FastAPI:
    """The application with what an earlier one of this process has worked out of each router, which is the same.

    FastAPI does so with the first request that comes to an application, and takes longer than most tests. Not for what
    is behind a server: streams there outlive a test's changes to what they are made of.
    """
    app.router.routes[:] = [
        _KNOWN.setdefault(id(route.original_router), route) if hasattr(route, "original_router") else route
        for route in app.router.routes
    ]
    return app


@contextmanager
def serving(folder: Path, ingest: IngestSettings | None = None, **settings: Any) -> Iterator[TestClient]:
    """A client of a service on *folder*, with a route that fails. Whatever problem it gets has to be declared."""
    app = _with_known_routes(application(folder, ingest, **settings))

    @app.get("/a-bug-in-the-service")
    def a_bug() -> None:
        raise RuntimeError("what only the log may say")

    with TestClient(app, base_url=LOOPBACK_URL, raise_server_exceptions=False) as client:
        client.event_hooks["response"].append(partial(assert_declared, app))
        yield client


@contextmanager
def listening(app: FastAPI, **settings: Any) -> Iterator[tuple[str, int]]:
    """The service behind the server that it is started with; its host and port."""
    config = uvicorn.Config(app, port=free_port(), **server_options(ServiceSettings(**settings)))
    with running_in_thread(uvicorn.Server(config)):
        yield config.host, config.port


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service of its own."""
    with serving(tmp_path) as client:
        yield client


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service that the module's tests share, for requests that are to store nothing."""
    with serving(tmp_path_factory.mktemp("service")) as client:
        yield client


@pytest.fixture
def database(client: TestClient) -> Database:
    """The database of the client's service."""
    assert isinstance(client.app, FastAPI)
    database: Database = client.app.state.resources.database
    return database
