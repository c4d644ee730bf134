"""Problems as people are to see them: as a page, as a line on the page they are on, or as the way to sign in."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api_schemas.service.problems import Problem
from service.web.rendering import page

SIGN_IN = "/sign-in"
_API = ("/v1/", "/docs", "/login", "/openapi.json", "/healthz", "/readyz", "/metrics")


def is_for_people(request: Request) -> bool:
    """Whether a browser asks for a page, or for a part of one, and not a program for an answer of the interface."""
    path = request.scope["path"]
    return not path.startswith(_API) and "text/html" in request.headers.get("accept", "")


def shown_to_people(request: Request, problem: Problem, headers: dict[str, str]) -> Response:
    """The answer to a request of a browser that cannot be answered otherwise.

    Where it is not known who asks, they are led to where they can say so, and back.
    """
    is_part = "hx-request" in request.headers
    if problem.status == 401 and request.method == "GET":
        return _sign_in(request, is_part=is_part)
    answer = page(request, "problem_part.html.j2" if is_part else "problem.html.j2", status=problem.status,
                  problem=problem, title=problem.title, place=None)  # fmt: skip
    for name, value in headers.items():
        answer.headers[name] = value
    if is_part:  # beside what is there, not in its place
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#problems", "innerHTML"
    return answer


def _sign_in(request: Request, *, is_part: bool) -> Response:
    if not is_part:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='')}", 303, {"Cache-Control": "no-store"})
    on = urlsplit(request.headers.get("hx-current-url", "/"))
    wanted = on.path + (f"?{on.query}" if on.query else "")
    return Response(status_code=204, headers={"HX-Redirect": f"{SIGN_IN}?next={quote(wanted, safe='')}"})
