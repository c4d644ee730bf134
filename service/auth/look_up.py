"""Who it is that brings a key, a token or the cookie of a login, or whom a proxy names. Each asks the database."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import OperationalError

from service.auth.actor import REALM, Known
from service.auth.members import GroupTable, Memberships
from service.auth.oidc.issuer import IssuerAwayError
from service.auth.oidc.provider import Provider
from service.auth.oidc.tokens import TokenError, believed, groups_of, subject_of
from service.http.problem import ProblemError
from service.http.problem_rows.access import ISSUER_AWAY, KEY_NOT_VALID, NOT_A_MEMBER
from store.database import Database
from store.rows.access import keys, projects, sessions
from store.rows.access.tables import KeyRow

RETRY_SECONDS = 10
log = structlog.get_logger(__name__)


def of_key(database: Database, text: str) -> Known:
    """Who brings this key.

    Raises:
        ProblemError: it does not work.
    """
    with database.reading() as session:
        now = database.now(session)
        row = keys.belonging_to(session, text)
    if row is None:
        raise _not_valid("there is no such key")
    state = keys.state_of(row, now)
    if state != "active":
        refusal = _not_valid(f"the key {row.id} is {state}")
        refusal.key = row.project_id, row.id
        raise refusal
    if keys.is_use_to_be_noted(row, now):
        _note_used(database, row.id, now)
    return _may_as(row, row.expires_at)


def _of_key_row(database: Database, key_id: str, ends_at: float) -> Known | None:
    """Whom a key that was typed into a browser lets in; None where it works no more."""
    with database.reading() as session:
        now = database.now(session)
        row = keys.of_session(session, key_id)
    if row is None or keys.state_of(row, now) != "active":
        return None
    if keys.is_use_to_be_noted(row, now):
        _note_used(database, row.id, now)
    return _may_as(row, min(end for end in (row.expires_at, ends_at) if end is not None))


def _may_as(row: KeyRow, ends_at: float | None) -> Known:
    scopes = frozenset(keys.scopes_of(row))
    return Known({row.project_id: scopes}, row.project_id, key_id=row.id, expires_at=ends_at)


def of_token(database: Database, provider: Provider, audience: str, text: str) -> Known:
    """Who brings this token of the issuer's, made for this *audience*.

    Raises:
        ProblemError: it is not to be believed, or its owner is no member of anything.
    """
    try:
        claims = believed(text, provider.issuer, audience)
    except TokenError as error:
        raise _not_valid(str(error)) from error
    except IssuerAwayError as error:
        log.warning("cannot look at a token", reason=str(error))
        raise issuer_away(error) from error
    groups = groups_of(claims, provider.client.groups_claim) or []
    subject = subject_of(claims)
    found = require_memberships(database, provider.groups, groups, subject)
    return Known(found, _only(found), subject=subject, expires_at=float(claims["exp"]))


def of_session(database: Database, provider: Provider | None, text: str) -> Known | None:
    """Who has logged in with the browser that sends this; None where nobody has, or it is too long ago.

    Raises:
        ProblemError: they are no member of anything any more.
    """
    with database.reading() as session:
        row = sessions.find(session, text, database.now(session))
    if row is None:
        return None
    if row.key_id is not None:
        return _of_key_row(database, row.key_id, row.expires_at)
    if provider is None:  # of an issuer that the operator no longer trusts
        return None
    found = require_memberships(database, provider.groups, row.groups, row.subject)
    chosen = row.project_id if row.project_id in found else next(iter(found))
    return Known(found, chosen, subject=row.subject, expires_at=row.expires_at)


def of_proxy(database: Database, table: GroupTable, subject: str, groups: list[str]) -> Known:
    """Whom a proxy names, in the groups that it says.

    Raises:
        ProblemError: they are no member of anything.
    """
    found = require_memberships(database, table, groups, subject)
    return Known(found, next(iter(found)), subject=subject)


def require_memberships(database: Database, table: GroupTable, groups: list[str], subject: str) -> Memberships:
    """What somebody may, by project, in the order of the operator's table.

    Raises:
        ProblemError: nothing.
    """
    with database.reading() as session:
        found = table.memberships(groups, projects.names(session))
    if found:
        return found
    if given := table.projects(groups):
        raise NOT_A_MEMBER.error(f"{subject} is in groups of {', '.join(given)} only, which nobody has created here")
    raise NOT_A_MEMBER.error(f"{subject} is in no group that is given a project here")


def issuer_away(error: IssuerAwayError) -> ProblemError:
    """503 for an issuer that does not answer. What exactly is wrong is for the operator's log."""
    return ISSUER_AWAY.error("the issuer did not answer as it should", headers={"Retry-After": str(RETRY_SECONDS)})


def challenge(more: str = "") -> dict[str, str]:
    """The header of a 401."""
    return {"WWW-Authenticate": REALM + more}


def _only(memberships: Memberships) -> str | None:
    return next(iter(memberships)) if len(memberships) == 1 else None


def _note_used(database: Database, key_id: str, now: float) -> None:
    try:
        with database.writing() as session:
            keys.note_used(session, key_id, now)
    except OperationalError as error:  # nobody is to be refused for that
        log.warning("could not note that a key was used", key=key_id, reason=type(error).__name__)


def _not_valid(reason: str) -> ProblemError:
    return KEY_NOT_VALID.error(reason, headers=challenge(f', error="invalid_token", error_description="{reason}"'))
