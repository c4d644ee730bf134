"""A function is called without the framework where that comes to the same."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from service.capacity import Capacity
from service.http import problems
from service.http.bodies import CheckedBodyRoute
from service.http.direct.arguments import DirectArguments, Found

router = APIRouter(route_class=CheckedBodyRoute)


class _Path(Found):
    def find(self, request: Request) -> str:
        return request.url.path


class _Body(BaseModel):
    number: int = Field(ge=0)


@router.post("/direct")
async def direct(
    path: Annotated[str, Depends(_Path())],
    body: _Body,
    a_key: Annotated[str | None, Header(pattern="^[a-z]+$")] = None,
    twice: Annotated[bool, Query()] = False,
) -> Response:
    """Say what there was."""
    return Response(f"{path} {body.number * (1 + twice)} {a_key}")


@router.post("/framed")
async def framed(
    path: Annotated[str, Depends(_Path())],
    body: _Body,
    a_key: Annotated[str | None, Header(pattern="^[a-z]+$")] = None,
    twice: Annotated[bool, Query()] = False,
) -> Any:
    """The same by way of the framework."""
    return await direct(path, body, a_key, twice)


@router.post("/on-a-thread")
def on_a_thread(body: _Body) -> Response:
    """One that would keep the loop from everybody else."""
    return Response(str(body.number))


@router.post("/in-a-path/{number}")
async def in_a_path(number: int, body: _Body) -> Response:
    """One with an argument that is found elsewhere."""
    return Response(str(number + body.number))


def _route(name: str) -> CheckedBodyRoute:
    return next(route for route in router.routes if isinstance(route, CheckedBodyRoute) and route.name == name)


def _arguments(name: str) -> DirectArguments | None:
    route = _route(name)
    return DirectArguments.of(route.dependant, route.endpoint)


@pytest.mark.parametrize(
    ("name", "is_simple"), [("direct", True), ("framed", False), ("on_a_thread", False), ("in_a_path", False)]
)
def test_a_coroutine_that_returns_a_response_and_takes_simple_arguments_is_called_directly(
    name: str, is_simple: bool
) -> None:
    """Whatever else there may be is left to the framework, which knows about it."""
    assert (_arguments(name) is not None) == is_simple


@pytest.mark.parametrize("query", ["", "?twice=true", "?twice=perhaps", "?unknown=1"])
@pytest.mark.parametrize("headers", [{}, {"A-Key": "abc"}, {"a-key": "not a key"}])
@pytest.mark.parametrize("body", [{"number": 3}, {"number": -1}, {}])
def test_the_answer_is_that_of_the_framework(query: str, headers: dict[str, str], body: dict[str, int]) -> None:
    """Its arguments, its defaults, and what is said of what is wrong."""
    app = FastAPI()
    app.include_router(router)
    problems.install(app)
    app.state.resources = _Resources()
    with TestClient(app) as client:
        one, other = (client.post(f"/{name}{query}", json=body, headers=headers) for name in ("direct", "framed"))
    assert one.status_code == other.status_code
    assert one.text.replace("direct", "framed") == other.text


class _Resources:
    """What a faulty body needs: a place to be looked at in."""

    @property
    def capacity(self) -> Any:
        return Capacity()
