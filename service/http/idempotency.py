"""Answering a create that may be sent twice: with an Idempotency-Key it is done once, and answered alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from service.http.problem_types import IDEMPOTENCY_KEY_REUSED
from store.rows import idempotency
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
    """The answer to a create: a body with an ``id``, and whether it was given before."""

    body: dict[str, Any]
    replayed: bool

    def response(self, path: str, status: int = 202) -> JSONResponse:
        """The answer on the wire; *path* is the collection that it lies in."""
        headers = {"Location": f"{path}/{self.body['id']}"}
        if status == 202:
            headers["Retry-After"] = "1"
        if self.replayed:
            headers["Idempotent-Replayed"] = "true"
        return JSONResponse(self.body, status, headers)


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
        return Accepted(create(), replayed=False)
    first = _first_answer(session, project, key, fingerprint)
    if first is None and not idempotency.reserve(session, project, key, fingerprint, now):
        first = _first_answer(session, project, key, fingerprint)
    if first is not None:
        return Accepted(first, replayed=True)
    body = create()
    idempotency.remember(session, project, key, body["id"], body)
    return Accepted(body, replayed=False)


def require_not_reused(session: Session, project: str, key: str | None, fingerprint: Fingerprint) -> None:
    """See that a key did not come with another request, before anything is done that the transaction cannot undo.

    Raises:
        ProblemError: it did.
    """
    if key is not None:
        _first_answer(session, project, key, fingerprint)


def _first_answer(session: Session, project: str, key: str, fingerprint: Fingerprint) -> dict[str, Any] | None:
    try:
        return idempotency.first_answer(session, project, key, fingerprint)
    except idempotency.KeyReusedError:
        detail = "this Idempotency-Key came before with another request; use a new key"
        raise IDEMPOTENCY_KEY_REUSED.error(detail) from None
