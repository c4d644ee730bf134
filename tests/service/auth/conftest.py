"""A service that takes keys alone, and keys to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api_schemas.access.keys import SCOPES, KeyRequest, Scope
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.access import keys, projects
from tests.service.conftest import serving
from tests.store.databases import migrated_copy

OTHERS = "others"


def database_of(client: TestClient) -> Database:
    """The database of a client's service."""
    assert isinstance(client.app, FastAPI)
    database: Database = client.app.state.resources.database
    return database


def new_key(
    database: Database, *scopes: Scope, project: str = DEFAULT_PROJECT, ended: bool = False, revoked: bool = False
) -> str:
    """A key to a project, with all scopes unless some are named."""
    with database.writing() as session:
        now = database.now(session)
        projects.create(session, project, now)
        request = KeyRequest(name="test", scopes=list(scopes or SCOPES))
        made = keys.create(session, project, request, now, latest_end=now - 1 if ended else None)
        if revoked:
            keys.revoke(made.row, now)
        return made.text


def bearer(key: str) -> dict[str, str]:
    """The header that a key is sent in."""
    return {"Authorization": f"Bearer {key}"}


@dataclass(frozen=True)
class Guarded:
    """A service that takes keys alone."""

    client: TestClient
    database: Database

    def key(self, *scopes: Scope, **options: Any) -> str:
        """See `new_key`."""
        return new_key(self.database, *scopes, **options)

    def ask(self, key: str, method: str, path: str, **options: Any) -> Any:
        """What the service answers to who sends this key."""
        return self.client.request(method, path, headers=bearer(key) | options.pop("headers", {}), **options)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A service of a module's tests, with keys to its first project and to another one."""
    with guarding(tmp_path_factory.mktemp("guarded")) as found:
        yield found


@contextmanager
def guarding(folder: Path, **settings: Any) -> Iterator[Guarded]:
    """A service that takes keys alone, for the length of the block."""
    database = migrated_copy(folder)
    new_key(database)  # without any it would not start
    database.close()
    with serving(folder, **({"auth": "keys"} | settings)) as client:
        yield Guarded(client, database_of(client))
