"""Idempotency keys: a create that is sent twice is done once, and answered alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, delete, select, tuple_, update
from sqlalchemy.orm import Session

from store.database import insert_into
from store.rows.access.tables import IdempotencyRow

MAX_FORGOTTEN_AT_ONCE = 1_000


KeyOfProject = tuple[str, str]
"""A project's id, and an idempotency key that it has sent."""

_TABLE: Table = IdempotencyRow.__table__  # type: ignore[assignment]
_KEY = tuple_(IdempotencyRow.project_id, IdempotencyRow.key)
_REMEMBER = (
    update(_TABLE)
    .where(_TABLE.c.project_id == bindparam("of_project"), _TABLE.c.key == bindparam("of_key"))
    .values(job_id=bindparam("job_id"), response=bindparam("response"))
)


class KeyReusedError(ValueError):
    """The key was used before, with another request."""


Earlier = Callable[[dict[str, Any]], Collection[str]]
"""From the first answer to a key to the fingerprints that earlier versions may have given to the same request."""


@dataclass(frozen=True)
class Fingerprint:
    """What two requests with the same key must have in common: what they mean, or else what was sent."""

    meaning: str
    """A digest of the request with all its defaults: however it is written, but another one in another version."""
    sent: str | None = None
    """A digest of the body as it was sent, which no version changes."""
    earlier: Earlier = lambda _: ()
    """For keys of versions that knew the first alone."""

    def is_of(self, row: IdempotencyRow) -> bool:
        """Whether the key's first request was the same."""
        if row.fingerprint == self.meaning or (row.sent is not None and row.sent == self.sent):
            return True
        return row.sent is None and row.fingerprint in self.earlier(row.response)


def first_answer(session: Session, project: str, key: str, fingerprint: Fingerprint) -> dict[str, Any] | None:
    """What was answered when this key of a project came first, or None.

    Raises:
        KeyReusedError: it came with another request.
    """
    row = session.get(IdempotencyRow, (project, key), populate_existing=True)
    if row is None:
        return None
    if not fingerprint.is_of(row):
        raise KeyReusedError(key)
    return row.response


def reserve(session: Session, project: str, key: str, fingerprint: Fingerprint, now: float) -> bool:
    """Take the key for this transaction; False when another request has it.

    Where another transaction is just taking it, this waits for that one to end.
    """
    said = {"fingerprint": fingerprint.meaning, "sent": fingerprint.sent}
    values: dict[str, Any] = {"project_id": project, "key": key, **said, "created_at": now}
    values |= {"job_id": "", "response": {}}
    statement = insert_into(session, IdempotencyRow).values(**values).on_conflict_do_nothing()
    return session.execute(statement.returning(IdempotencyRow.key)).first() is not None


def first_rows(session: Session, keys: Collection[KeyOfProject]) -> dict[KeyOfProject, IdempotencyRow]:
    """The rows of those of these keys that came before."""
    if not keys:
        return {}
    query = select(IdempotencyRow).where(_KEY.in_(keys)).execution_options(populate_existing=True)
    return {(row.project_id, row.key): row for row in session.scalars(query)}


def reserve_all(session: Session, wanted: Mapping[KeyOfProject, Fingerprint], now: float) -> set[KeyOfProject]:
    """Take keys for this transaction; those of them that no other request has.

    As `reserve` does for one. They are taken in their order, so that of two transactions with some of the same keys
    one waits for the other, and not each for each.
    """
    if not wanted:
        return set()
    values = [
        {"project_id": project, "key": key, "fingerprint": fingerprint.meaning, "sent": fingerprint.sent}
        | {"created_at": now, "job_id": "", "response": {}}
        for (project, key), fingerprint in sorted(wanted.items(), key=lambda each: each[0])
    ]
    statement = insert_into(session, IdempotencyRow).on_conflict_do_nothing()
    taken = session.execute(statement.returning(IdempotencyRow.project_id, IdempotencyRow.key), values)
    return {(project, key) for project, key in taken}


def remember_all(session: Session, answers: Mapping[KeyOfProject, tuple[str, dict[str, Any]]]) -> None:
    """Note the answers under reserved keys: the id of what was made, and what was said."""
    if answers:
        session.connection().execute(
            _REMEMBER,
            [
                {"of_project": project, "of_key": key, "job_id": job_id, "response": response}
                for (project, key), (job_id, response) in answers.items()
            ],
        )


def remember(session: Session, project: str, key: str, job_id: str, response: dict[str, Any]) -> None:
    """Note the answer under a reserved key."""
    row = session.get_one(IdempotencyRow, (project, key), populate_existing=True)
    row.job_id, row.response = job_id, response


def forget_older(session: Session, created_before: float) -> bool:
    """Drop keys whose time is over, the oldest first; False where there may be more than a transaction has time for."""
    old = select(IdempotencyRow.project_id, IdempotencyRow.key).where(IdempotencyRow.created_at < created_before)
    old = old.order_by(IdempotencyRow.created_at).limit(MAX_FORGOTTEN_AT_ONCE)
    dropped = session.execute(delete(IdempotencyRow).where(_KEY.in_(old)))
    return cast("CursorResult[Any]", dropped).rowcount < MAX_FORGOTTEN_AT_ONCE
