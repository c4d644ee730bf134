"""The arguments of a route's function, found without the framework where that is simple.

For every request the framework finds out anew what each argument is and where it comes from, which takes longer than
all that a submission's function does on the loop. Here that is found out once. What is not simple (a query, a header
that is not valid) stays the framework's, and so does what is said of it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant


class Found(ABC):
    """A dependency that is there in a request, or refuses it: nothing has to be waited for."""

    @abstractmethod
    def find(self, request: Request) -> Any:
        """What it is.

        Raises:
            ProblemError: the request may not have it.
        """

    async def __call__(self, request: Request) -> Any:
        """The same, for the framework: not on a thread, as they may all be taken."""
        return self.find(request)


@dataclass(frozen=True)
class DirectArguments:
    """Where the arguments of a function come from.

    Attributes:
        body: the name of the one that is the body.
        found: the dependencies, by the names of their arguments.
        headers: the framework's field for each argument that is a header.
        defaults: what those of the query and of headers are where nothing is sent.
    """

    body: str
    found: Mapping[str, Found]
    headers: Sequence[Any]
    defaults: Mapping[str, Any]

    @classmethod
    def of(cls, dependant: Dependant, function: Callable[..., Any]) -> DirectArguments | None:
        """Of a route; None where its function does not answer by itself, or has arguments of other kinds.

        It answers by itself if it is a coroutine function that says that it returns a ``Response``.
        """
        if not inspect.iscoroutinefunction(function) or get_type_hints(function).get("return") is not Response:
            return None
        found = {str(each.name): each.call for each in dependant.dependencies if isinstance(each.call, Found)}
        optional = [*dependant.header_params, *dependant.query_params]
        defaults = {field.name: field.get_default() for field in optional if not field.field_info.is_required()}
        bodies = [field.name for field in dependant.body_params]
        if len(bodies) != 1 or {*found, *defaults, *bodies} != set(inspect.signature(function).parameters):
            return None
        return cls(bodies[0], found, dependant.header_params, defaults)

    def read(self, request: Request, body: Any) -> dict[str, Any] | None:
        """The arguments for a request whose body is valid; None where the framework is to look at it.

        Raises:
            ProblemError: the request may not have one of them.
        """
        if request.scope["query_string"]:
            return None
        arguments = {self.body: body, **self.defaults}
        for field in self.headers:
            sent = request.headers.getlist(field.alias)
            if sent:
                arguments[field.name], errors = field.validate(sent[0], {}, loc=("header", field.alias))
                if errors or len(sent) > 1:
                    return None
        for name, dependency in self.found.items():
            arguments[name] = dependency.find(request)
        return arguments
