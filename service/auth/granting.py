"""Making and revoking keys by a request: nobody gives away more than they have."""

from __future__ import annotations

from api_schemas.access.keys import Key, KeyRequest, NewKey
from service.auth.active import require_active
from service.auth.actor import Actor
from service.auth.asked import this_request
from service.http.problem_rows.access import CANNOT_GRANT
from service.http.problems import require_found
from service.resources import Resources
from store.rows.access import keys
from store.settings import SECONDS_PER_DAY


def grant(resources: Resources, caller: Actor, request: KeyRequest) -> NewKey:
    """Make a key of the caller's project, which may no more than the caller and lasts no longer than its key.

    Raises:
        ProblemError: it would, or the key that it is to replace is not there.
    """
    _require_own(caller, request)
    with resources.database.writing() as session:
        require_active(session, caller.project)
        now = resources.database.now(session)
        if caller.expires_at is not None and request.expires_in_days is not None:
            _require_no_longer(caller.expires_at, now + request.expires_in_days * SECONDS_PER_DAY)
        if request.replaces is not None:
            replaced = require_found(keys.find(session, caller.project, request.replaces), "key", request.replaces)
            keys.replace(replaced, request.overlap_hours, now)
        made = keys.create(
            session, caller.project, request, now, created_by=caller.key_id, latest_end=caller.expires_at
        )
        this_request().note(session, caller.project, now, made.row.id)
        return NewKey(**keys.to_wire(made.row, now).model_dump(), key=made.text)


def revoke(resources: Resources, caller: Actor, key_id: str) -> None:
    """Have a key of the caller's project work no more.

    Raises:
        ProblemError: it has no such key.
    """
    with resources.database.writing() as session:
        row = require_found(keys.find(session, caller.project, key_id), "key", key_id)
        now = resources.database.now(session)
        keys.revoke(row, now)
        this_request().note(session, caller.project, now, key_id)


def find(resources: Resources, caller: Actor, key_id: str) -> Key:
    """A key of the caller's project.

    Raises:
        ProblemError: it has no such key.
    """
    with resources.database.reading() as session:
        row = require_found(keys.find(session, caller.project, key_id), "key", key_id)
        return keys.to_wire(row, resources.database.now(session))


def _require_own(caller: Actor, request: KeyRequest) -> None:
    beyond = [scope for scope in request.scopes if scope not in caller.scopes]
    if beyond:
        raise CANNOT_GRANT.error(f"{caller.name} does not have the scope {beyond[0]} itself")


def _require_no_longer(own_end: float, asked: float) -> None:
    if asked > own_end:
        raise CANNOT_GRANT.error("the key that asks ends before; without expires_in_days the new one ends with it")
