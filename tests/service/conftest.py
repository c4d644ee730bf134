"""A real application over a real SQLite file, and a broker that cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.main import create_app
from service.settings import ServiceSettings
from store.database import Database
from tests.store.rows import migrated_copy

UNREACHABLE = "redis://127.0.0.1:1/0"


def _say_nothing(_logger: Any, _method: str, _event: Any) -> Any:
    raise structlog.DropEvent


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    """Nobody reads the log here, and unconfigured it would draw every traceback with all variables."""
    structlog.configure(processors=[_say_nothing])
    yield
    structlog.reset_defaults()


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[TestClient]:
    """A client of a service on *folder*, with a route that fails."""
    migrated_copy(folder).close()
    url = f"sqlite:///{folder / 'augury.db'}"
    app = create_app(ServiceSettings(data_dir=folder, database_url=url, broker_url=UNREACHABLE, **settings))

    @app.get("/a-bug-in-the-service")
    def a_bug() -> None:
        raise RuntimeError("what only the log may say")

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


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
