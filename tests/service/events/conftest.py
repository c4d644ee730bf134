"""A service with its server, and what happens to jobs in its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from service.watching.streams import Streams
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import events, jobs
from tests.service.conftest import application, listening
from tests.service.events.hearing import Address
from tests.store.databases import NOW, new_job, running_job


@dataclass(frozen=True)
class Served:
    """A service that is being listened to."""

    app: FastAPI
    address: Address

    @property
    def database(self) -> Database:
        """Its database."""
        database: Database = self.app.state.resources.database
        return database

    @property
    def streams(self) -> Streams:
        """Its open streams."""
        streams: Streams = self.app.state.resources.streams
        return streams

    def new_job(self, project: str = DEFAULT_PROJECT) -> str:
        """A queued one."""
        with self.database.writing() as session:
            return new_job(session, project=project).id

    def running_job(self) -> str:
        """One that trains."""
        with self.database.writing() as session:
            return running_job(session).id

    def tell(self, job_id: str, times: int = 1) -> None:
        """Something happens to a job, each time in a transaction of its own."""
        for number in range(times):
            with self.database.writing() as session:
                events.append(session, job_id, "phase", NOW, phase=f"phase {number}")

    def end(self, job_id: str) -> None:
        """It fails, as it has to be neither planned nor trained for that."""
        with self.database.writing() as session:
            job = jobs.locked(session, job_id)
            assert job is not None
            jobs.cancel(session, job, NOW)


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[Served]:
    """A service on *folder*, for the length of the block."""
    app = application(folder, **settings)
    with listening(app) as address:
        yield Served(app, address)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests of a module."""
    with served(tmp_path_factory.mktemp("told")) as found:
        yield found
