"""Sessions and the clock. Reads see one snapshot; writes are one at a time on SQLite."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Engine, Update, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from augury.private_files import close_to_others, make_private_folder, private_opener

_BUSY_TIMEOUT_SECONDS = 8
"""Less than a lease lasts after its renewal has come due: whoever waits longer for its turn has lost it."""

_CACHED_STATEMENTS = 500
"""By SQLite, of a connection: one that inserts several rows is another one for each number of them."""

# A network that swallows packets must not keep a worker from noticing that its lease has run out.
_NEVER_HANG = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}

Row = TypeVar("Row")
Result = TypeVar("Result")


class Database:
    """A database reached by URL: SQLite for one machine, PostgreSQL for several."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        # SQLite makes writers that find the lock taken sleep, and forgets whose turn it was: threads of one process
        # wait for each other here instead.
        self._turn = threading.RLock() if self.is_sqlite else nullcontext()
        self._write_engine = self.engine.execution_options(augury_begin="IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; whatever it changes is thrown away."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose block is one transaction: committed at its end, undone by an exception.

        On SQLite it takes the write lock at the start: a transaction that reads first and upgrades later
        fails at once when another has written in between, whatever the busy timeout.
        """
        with self._turn, Session(self._write_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def now(self, session: Session) -> float:
        """Unix seconds by the clock that all workers share, so that leases do not depend on theirs."""
        if self.is_sqlite:
            return time.time()
        return float(session.execute(text("select extract(epoch from clock_timestamp())")).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def is_conflict(error: OperationalError) -> bool:
    """Whether two transactions stood in each other's way and one was ended for it: the database is there."""
    return str(getattr(error.orig, "sqlstate", "") or "").startswith("40")


def changes_one_row(session: Session, statement: Update) -> bool:
    """Execute a compare-and-set statement; whether it changed its row."""
    result = cast("CursorResult[Any]", session.execute(statement))
    return result.rowcount == 1


def insert_into(session: Session, row: type[Any]) -> Any:
    """An insert that can say what is done on a conflict, which SQLite and PostgreSQL write alike."""
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(row)


def insert_or_find(session: Session, row: Row, find: Callable[[], Row | None]) -> Row:
    """Insert *row*, or return what *find* finds when another transaction was faster with the same one."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = find()
        if found is None:
            raise
        return found
    return row


def _sqlite_engine(url: str) -> Engine:
    file = make_url(url).database
    if file and file != ":memory:" and not file.startswith("file:"):
        _make_private(Path(file))
    options = {"timeout": _BUSY_TIMEOUT_SECONDS, "cached_statements": _CACHED_STATEMENTS}
    engine = create_engine(url, connect_args=options, pool_size=20, max_overflow=40)
    # Many rows are one statement: between two, another thread may get its turn and not give it back for milliseconds.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    """Have SQLite find a file of the owner's alone: its journals are made with the permissions of the file."""
    make_private_folder(file.parent)
    with suppress(OSError), open(file, "ab", opener=private_opener):
        pass  # what cannot be written is for SQLite to say
    for journal in ("", "-wal", "-shm"):
        close_to_others(file.with_name(file.name + journal))


def _postgres_engine(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=40, connect_args=_NEVER_HANG)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("augury_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def patiently(action: Callable[[], Result], seconds: float) -> Result:
    """The result of *action*, tried again while the database is away, for so many seconds at most.

    Raises:
        sqlalchemy.exc.OperationalError: the database was still away at the end.
    """
    give_up_at = time.monotonic() + seconds
    while True:
        try:
            return action()
        except OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.5)
