"""Answering a create that may be sent twice: with an Idempotency-Key it is done once, and answered alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Response
from sqlalchemy.orm import Session

from service.http.problem import ProblemError
from service.http.problem_types import IDEMPOTENCY_KEY_REUSED
from store.rows import idempotency
from store.rows.access.tables import IdempotencyRow
from store.rows.idempotency import Fingerprint

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="Sending the same key and body again gives the first answer again.",
    ),
]


@dataclass(frozen=True)
class Accepted:
    """The answer to a create: what was made, and whether that was answered before."""

    id: str
    content: bytes
    """JSON."""
    replayed: bool

    @classmethod
    def of(cls, body: dict[str, Any], *, replayed: bool) -> Accepted:
        """An answer whose body is an object with an ``id``."""
        content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return cls(body["id"], content.encode(), replayed)

    @property
    def body(self) -> dict[str, Any]:
        """What the content says."""
        body: dict[str, Any] = json.loads(self.content)
        return body

    def response(self, path: str, status: int = 202) -> Response:
        """The answer on the wire; *path* is the collection that it lies in."""
        headers = {"Location": f"{path}/{self.id}"}
        if status == 202:
            headers["Retry-After"] = "1"
        if self.replayed:
            headers["Idempotent-Replayed"] = "true"
        return Response(self.content, status, headers, media_type="application/json")


def create_idempotently(
    session: Session,
    project: str,
    key: str | None,
    fingerprint: Fingerprint,
    now: float,
    create: Callable[[], dict[str, Any]],
) -> Accepted:
    """What *create* makes in this transaction, or the first answer under that key of the project.

    Raises:
        ProblemError: the key came before with another request.
    """
    if key is None:
        return Accepted.of(create(), replayed=False)
    first = _first_answer(session, project, key, fingerprint)
    if first is None and not idempotency.reserve(session, project, key, fingerprint, now):
        first = _first_answer(session, project, key, fingerprint)
    if first is not None:
        return Accepted.of(first, replayed=True)
    body = create()
    idempotency.remember(session, project, key, body["id"], body)
    return Accepted.of(body, replayed=False)


def require_not_reused(session: Session, project: str, key: str | None, fingerprint: Fingerprint) -> None:
    """See that a key did not come with another request, before anything is done that the transaction cannot undo.

    Raises:
        ProblemError: it did.
    """
    if key is not None:
        _first_answer(session, project, key, fingerprint)


def replay(row: IdempotencyRow, fingerprint: Fingerprint) -> Accepted:
    """The first answer to a key again.

    Raises:
        ProblemError: it was to another request.
    """
    if not fingerprint.is_of(row):
        raise _reused()
    return Accepted.of(row.response, replayed=True)


def _first_answer(session: Session, project: str, key: str, fingerprint: Fingerprint) -> dict[str, Any] | None:
    try:
        return idempotency.first_answer(session, project, key, fingerprint)
    except idempotency.KeyReusedError:
        raise _reused() from None


def _reused() -> ProblemError:
    return IDEMPOTENCY_KEY_REUSED.error("this Idempotency-Key came before with another request; use a new key")
