"""Everything this package raises on purpose.

AuguryError
+-- RequestRefused        the service says no: 4xx
+-- ServiceFailed         the service answered, but not as it should: 5xx, or not Augury at all
+-- ServiceUnreachable    no answer, or 503 for as long as we had patience
+-- NothingToSend         there is no such file on this machine, or no file in the folder
+-- DatasetRefused        a dataset cannot be read on this machine
+-- ImportRefused         no spec can be read out of another library's words
+-- NotInstalled          what was asked for takes a library that is not here
+-- StackConflict         a local stack cannot be started here: port taken, data directory in use
+-- StackFailed           a process of the local stack does not come up, or keeps dying
"""

# ruff: noqa: N818 - named for what happened; the base says that they are errors

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api_schemas.service.problems import Problem


class AuguryError(Exception):
    """The base of all of them; its text is meant for a person."""


class RequestRefused(AuguryError):
    """The service understood the request and will not do it; the same request will be refused again."""

    def __init__(self, problem: Problem) -> None:
        """Keep *problem*, which programs should look at, and say it in full."""
        super().__init__(describe(problem))
        self.problem = problem


class ServiceFailed(AuguryError):
    """There was an answer, but not one that Augury gives when it is well."""


class ServiceUnreachable(AuguryError):
    """Nobody answered; the service may be down, starting, or elsewhere."""


class NothingToSend(AuguryError):
    """What should be sent to the service is not there."""


class DatasetRefused(AuguryError):
    """A dataset that was to be read on this machine cannot be; the text says what is wrong with it."""


class ImportRefused(AuguryError):
    """Another library's words make no spec; the text says what is in the way, and where."""


class NotInstalled(AuguryError):
    """A library is missing; the text says how to install it."""


class StackConflict(AuguryError):
    """Something else has what the local stack needs. Nothing was started."""


class StackFailed(AuguryError):
    """The local stack could not be started, or it stopped because one of its processes kept dying."""


def describe(problem: Problem) -> str:
    """The problem in words: what is wrong, and every faulty field on a line of its own."""
    text = problem.title if problem.detail in ("", problem.title) else f"{problem.title}: {problem.detail}"
    lines = [text, *(f"  {field.location}: {field.message}" for field in problem.errors)]
    return "\n".join(lines)
