"""``/login`` and ``/v1/session``: people who come by a browser, and who it is that asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

import structlog
from anyio import to_thread
from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import RedirectResponse

from api_schemas.access.sessions import ProjectChoice, WhoAsks
from api_schemas.base import optional_timestamp
from service.auth.actor import Reader, known_of
from service.auth.cookies import KEY_SESSION_SECONDS, Cookies
from service.auth.look_up import issuer_away, require_memberships
from service.auth.oidc import login
from service.auth.oidc.issuer import IssuerAwayError
from service.auth.oidc.provider import Provider
from service.http.bodies import CheckedBodyRoute
from service.http.openapi import Responses, problems
from service.http.problem_rows.access import ISSUER_AWAY, LOGIN_FAILED, NOT_A_MEMBER
from service.http.problem_types import BODY_REFUSED, INVALID_REQUEST, JSON_REFUSED, NO_SUCH_PATH, NOT_FOUND
from service.resources import Resources, Shared
from store.rows.access import sessions

router = APIRouter(route_class=CheckedBodyRoute)
Outcome = TypeVar("Outcome")
log = structlog.get_logger(__name__)

_NEXT = Annotated[
    str, Query(alias="next", max_length=1_000, description="A path of this service, to go to afterwards.")
]


_HOME = "/"
_AWAY: Responses = {303: {"description": "Where the browser is to go."}}


@router.get(
    "/login",
    tags=["keys"],
    summary="Log in by a browser",
    status_code=303,
    responses=_AWAY | problems(NO_SUCH_PATH, ISSUER_AWAY, INVALID_REQUEST),
)
async def begin_login(request: Request, next_path: _NEXT = _HOME) -> Response:
    """Sends the browser to the issuer."""
    provider = _require_provider(request)
    begun = login.Begun.anew(next_path)
    url = await _asking(provider, partial(login.address, begun, provider.client, provider.issuer))
    answer = RedirectResponse(url, 303, headers={"Cache-Control": "no-store"})
    _cookies(request).set(answer, _cookies(request).login, begun.as_cookie(), login.LOGIN_SECONDS)
    return answer


@router.get(
    "/login/callback",
    tags=["keys"],
    summary="Come back from the issuer",
    status_code=303,
    responses=_AWAY | problems(NO_SUCH_PATH, LOGIN_FAILED, NOT_A_MEMBER, ISSUER_AWAY),
)
async def finish_login(resources: Shared, request: Request) -> Response:
    """Where the issuer sends the browser back to."""
    provider, cookies = _require_provider(request), _cookies(request)
    query = {name: value for name, value in request.query_params.items() if len(value) <= login.MAX_COOKIE_CHARS}
    try:
        begun = login.Begun.of_cookie(request.cookies.get(cookies.login, ""))
        person = await _asking(provider, partial(login.finish, query, begun, provider.client, provider.issuer))
    except login.LoginError as error:
        raise LOGIN_FAILED.error(str(error)) from error
    text = await to_thread.run_sync(partial(_begin_session, resources, provider, person), limiter=provider.threads)
    # Looked at here: a cookie is what a browser says, and whoever else could write one.
    next_path = begun.next_path if login.is_own_path(begun.next_path) else _HOME
    answer = RedirectResponse(next_path, 303, headers={"Cache-Control": "no-store"})
    cookies.set(answer, cookies.login, "", 0)
    cookies.set(answer, cookies.session, text, provider.session_seconds)
    return answer


@router.get("/v1/session", tags=["keys"], summary="Who asks", responses=problems())
def who_asks(caller: Reader, request: Request) -> WhoAsks:
    """Whose the key, the login or the token of this request is, and what it may in which project."""
    known = known_of(request.scope)
    return WhoAsks.model_validate(
        {
            "subject": caller.subject,
            "key_id": caller.key_id,
            "project": caller.project,
            "scopes": sorted(caller.scopes),
            "memberships": [
                {"project": project, "scopes": sorted(scopes)} for project, scopes in known.memberships.items()
            ],
            "expires_at": optional_timestamp(caller.expires_at),
        }
    )


@router.post(
    "/v1/session",
    status_code=204,
    tags=["keys"],
    summary="Log in by a key",
    responses=problems(*BODY_REFUSED, NOT_FOUND),
)
def log_in_by_key(resources: Shared, caller: Reader, request: Request, response: Response) -> None:
    """Has a browser come in with a cookie for the next twelve hours, as long as the key of this request works."""
    # A session of a key's has its id, too: it is not to prolong itself.
    if caller.key_id is None or "authorization" not in request.headers:
        raise NOT_FOUND.error("this request brings no key to log in with")
    cookies = _cookies(request)
    with resources.database.writing() as session:
        now = resources.database.now(session)
        text = sessions.begin_by_key(session, caller.key_id, now, KEY_SESSION_SECONDS)
    cookies.set(response, cookies.session, text, KEY_SESSION_SECONDS)


@router.put(
    "/v1/session",
    status_code=204,
    tags=["keys"],
    summary="Change the project of a login",
    responses=problems(*JSON_REFUSED, NOT_FOUND),
)
def choose_project(
    resources: Shared, caller: Reader, request: Request, choice: Annotated[ProjectChoice, Body()]
) -> None:
    """Requests of this browser that do not name a project are about this one from now on."""
    with resources.database.writing() as session:
        row = sessions.find(session, _session_text(request), resources.database.now(session))
        if row is None:
            raise NOT_FOUND.error("this request is of no login; name a project by Augury-Project")
        known_of(request.scope).actor(choice.project)
        sessions.choose(row, choice.project)


@router.delete("/v1/session", status_code=204, tags=["keys"], summary="Log out", responses=problems())
def log_out(resources: Shared, caller: Reader, request: Request, response: Response) -> None:
    """This browser is known no more, a second later at the latest. At the issuer nothing changes."""
    text, cookies = _session_text(request), _cookies(request)
    if text:
        with resources.database.writing() as session:
            sessions.end(session, text)
        cookies.set(response, cookies.session, "", 0)


def _begin_session(resources: Resources, provider: Provider, person: login.Person) -> str:
    require_memberships(resources.database, provider.groups, person.groups, person.subject)
    with resources.database.writing() as session:
        now = resources.database.now(session)
        groups = provider.groups.known(person.groups)
        log.info("somebody logged in", subject=person.subject, groups=groups)
        return sessions.begin(session, person.subject, groups, now, provider.session_seconds)


async def _asking(provider: Provider, ask: Callable[[], Outcome]) -> Outcome:
    try:
        return await to_thread.run_sync(ask, limiter=provider.threads)
    except IssuerAwayError as error:
        log.warning("cannot log anybody in", reason=str(error))
        raise issuer_away(error) from error


def _provider(request: Request) -> Provider | None:
    provider: Provider | None = request.app.state.provider
    return provider


def _cookies(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.cookies
    return cookies


def _require_provider(request: Request) -> Provider:
    provider = _provider(request)
    if provider is None:
        raise NO_SUCH_PATH.error("nobody logs in here: no AUGURY_OIDC_ISSUER is set")
    return provider


def _session_text(request: Request) -> str:
    return request.cookies.get(_cookies(request).session, "")
