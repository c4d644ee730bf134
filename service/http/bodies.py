"""JSON bodies are parsed and validated on threads: the framework does it where everybody else is answered.

A body of a megabyte takes a tenth of a second, in which nobody would hear from the service. One that is small and valid
takes less than a thread does, and is validated at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from api_schemas.base import without_suggestions
from api_schemas.service.problems import FieldProblem
from augury.field_problems import field_problems
from service.http.direct.arguments import DirectArguments, Found
from service.http.problem import ProblemError
from service.http.problem_types import MALFORMED_JSON, MALFORMED_REQUEST
from service.http.problems import invalid_body, invalid_request

Value = TypeVar("Value")

MAX_AT_ONCE_BYTES = 2**12
"""Of a body that is validated on the loop, if it is valid: in less than a millisecond."""
_MAX_SURELY_WRITABLE = 100
"""Objects and arrays of a body, which cannot lie in each other more deeply than that."""
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _Field(Protocol):
    def validate(self, value: Any, values: dict[str, Any], *, loc: tuple[int | str, ...]) -> tuple[Any, Any]:
        """The value and None, or None and pydantic's errors."""


@dataclass(frozen=True)
class _Checked:
    """What became of a body; *value* means something where there are no *faults*."""

    value: Any
    faults: list[FieldProblem]


class AskedFirst(Found):
    """A dependency of routes that may refuse a request for what its body has no part in."""


def _asked_first(dependant: Dependant) -> list[AskedFirst]:
    calls: list[object] = [each.call for each in dependant.dependencies]
    return [call for call in calls if isinstance(call, AskedFirst)]


class CheckedBodyRoute(APIRoute):
    """A route whose JSON body, where it takes one, was checked when the framework gets it.

    The framework asks the request for what is in its body; it is given what was made of it, which is valid as it is.
    A function that answers by itself is called without it, where that is simple (`service.http.direct`).
    """

    def get_route_handler(self) -> Handler:
        """What answers a request of this route."""
        handle, field, first = super().get_route_handler(), self.body_field, _asked_first(self.dependant)
        if field is None:
            return handle
        function, direct = self.endpoint, DirectArguments.of(self.dependant, self.endpoint)

        async def handle_checked(request: Request) -> Response:
            for check in first:  # nobody is kept waiting for a body that is refused
                check.find(request)
            content = await whole_body(request)
            if not content:
                return await handle(request)  # it knows what to say about that
            checked = _checked_at_once(field, content) if len(content) <= MAX_AT_ONCE_BYTES else None
            if checked is None:
                slots = request.app.state.resources.capacity.for_body(len(content))
                checked = await slots.run(_checked, field, content)
            if checked.faults:
                raise invalid_request([*await _other_faults(handle, request), *checked.faults])
            request.state.sent = SentBody(content)
            arguments = None if direct is None else direct.read(request, checked.value)
            if arguments is None:
                return await handle(_WithValue(request, checked.value))
            answer: Response = await function(**arguments)
            return answer

        return handle_checked


@dataclass(frozen=True)
class SentBody:
    """A JSON body as it was sent: what it means, with all defaults, is another thing in the next version."""

    content: bytes

    def digest(self) -> str:
        """SHA-256 of it whatever the order of its fields and its spaces, in hexadecimal."""
        written = json.dumps(json.loads(self.content), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


class _Sent(Found):
    def find(self, request: Request) -> SentBody:
        sent: SentBody = request.state.sent if hasattr(request.state, "sent") else SentBody(b"null")
        return sent  # of a body that is refused nothing is needed


Sent = Annotated[SentBody, Depends(_Sent())]
"""The body of a request whose route is a ``CheckedBodyRoute``."""


async def whole_body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        ProblemError: the connection ended before it did.
    """
    try:
        return await request.body()
    except ClientDisconnect:  # nobody reads this; it only ends the request
        raise MALFORMED_REQUEST.error("the connection ended before the body did") from None


def malformed_json(reason: str, position: int) -> ProblemError:
    """To be raised for a body that stops being JSON at a character."""
    return MALFORMED_JSON.error(f"the body is not JSON: {reason} at character {position}")


def _checked(field: _Field, content: bytes) -> _Checked:
    try:
        body = json.loads(content)
        if content.count(b"[") + content.count(b"{") > _MAX_SURELY_WRITABLE:
            json.dumps(body)  # it is written again when it is stored, which takes a deeper stack than reading it
    except json.JSONDecodeError as error:
        raise malformed_json(error.msg, error.pos) from None
    except (ValueError, RecursionError):  # not UTF-8, a number of thousands of digits, nested too deeply
        raise MALFORMED_REQUEST.error("There was an error parsing the body") from None
    value, lines = field.validate(body, {}, loc=("body",))
    return _Checked(value, field_problems(lines, body) if lines else [])


def _checked_at_once(field: _Field, content: bytes) -> _Checked | None:
    """What is made of a small body that is valid, on the loop: handing it to a thread would take longer.

    None for one that is not. What is to be said of that may take a hundred times as long.
    """
    with without_suggestions():
        try:
            checked = _checked(field, content)
        except ProblemError:
            return None
    return None if checked.faults else checked


def parsed(content: bytes, of: TypeAdapter[Value]) -> Value:
    """What a JSON body says, for routes that read it by themselves; complained about as in any other request.

    Raises:
        ProblemError: it is not JSON, or not what is expected.
    """
    try:
        body: Any = json.loads(content)
    except json.JSONDecodeError as error:
        raise malformed_json(error.msg, error.pos) from None
    except (ValueError, RecursionError) as error:  # not UTF-8, a number of thousands of digits, nested too deeply
        raise malformed_json(type(error).__name__, 0) from None
    try:
        return of.validate_python(body)
    except ValidationError as error:
        raise invalid_request(field_problems(invalid_body(error, body).errors(), body)) from None


class _WithValue(Request):
    """A request whose body was read and made into a value already."""

    def __init__(self, request: Request, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._value = value

    async def body(self) -> bytes:
        """Something, as there was a body; its bytes are not needed any more."""
        return b"null"

    async def json(self) -> Any:
        """The value."""
        return self._value


async def _other_faults(handle: Handler, request: Request) -> list[FieldProblem]:
    """What else is wrong with a request of a faulty body: its query and its headers, which come first in the answer."""
    try:
        await handle(_WithValue(request, None))  # which no body may be, so that nothing is carried out
    except RequestValidationError as error:
        return field_problems([line for line in error.errors() if line["loc"][0] != "body"], None)
    raise AssertionError("a body of null was accepted")
