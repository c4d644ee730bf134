"""``/sign-in``: where people say who they are, by a key or at an issuer."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from service.auth.oidc.login import is_own_path
from service.web.refusals import SIGN_IN
from service.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get(SIGN_IN)
def sign_in(request: Request, next_path: Annotated[str, Query(alias="next", max_length=1_000)] = "/") -> Response:
    """The page; what is typed there goes to ``POST /v1/session``."""
    next_path = next_path if is_own_path(next_path) else "/"
    is_issuer_known = request.app.state.provider is not None
    login = f"/login?next={quote(next_path, safe='')}" if is_issuer_known else None
    return page(request, "sign_in.html.j2", title="Sign in", place=None, next_path=next_path, login=login)
