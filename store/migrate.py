"""Bringing the schema up to date, and knowing whether it is."""

from __future__ import annotations

import fcntl
import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from augury.private_files import private_opener
from store.database import Database

_POSTGRES_LOCK = 0x617567757279  # "augury"
log = structlog.get_logger(__name__)


class SchemaNotReadyError(RuntimeError):
    """The database cannot be reached, or its schema is not the one this code needs."""


def upgrade(database: Database) -> None:
    """Bring the schema to the newest version. Safe to call from several processes at once."""
    with _one_at_a_time(database):
        if is_current(database):  # as it mostly is, and Alembic takes its time to find nothing to do
            return
        with database.engine.connect() as connection:
            if not database.is_sqlite:
                connection.execute(text("select pg_advisory_lock(:key)"), {"key": _POSTGRES_LOCK})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            if not database.is_sqlite:
                connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _POSTGRES_LOCK})


def is_current(database: Database) -> bool:
    """Whether the schema is the newest version.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached.
    """
    with database.engine.connect() as connection:
        return _version(connection) == _newest()


def make_ready(database: Database, patience_seconds: float = 60.0) -> None:
    """Migrate an embedded database; wait for another to be reachable and migrated.

    Raises:
        SchemaNotReadyError: it was not ready in time.
    """
    if database.is_sqlite:
        upgrade(database)
        return
    give_up_at = time.monotonic() + patience_seconds
    while (problem := _problem_with(database)) is not None:
        if time.monotonic() > give_up_at:
            raise SchemaNotReadyError(problem)
        log.info("waiting for the database", reason=problem)
        time.sleep(1)


def _problem_with(database: Database) -> str | None:
    try:
        return None if is_current(database) else "the schema is not up to date; run: python -m store migrate"
    except SQLAlchemyError as error:
        return f"the database cannot be reached: {error.__class__.__name__}"


@functools.cache
def _newest() -> str | None:
    """The newest version that this code knows, for which Alembic reads all migrations."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[None]:
    """SQLite cannot roll a schema change back halfway, so only one process at a time may try."""
    file = make_url(database.url).database if database.is_sqlite else None
    if file is None:
        yield
        return
    with open(f"{file}.migrate", "w", opener=private_opener) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
