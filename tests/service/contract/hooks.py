"""What schemathesis is told about this service; it runs in a process of its own and loads this module by its name."""

from __future__ import annotations

import json

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import RejectedPositiveData

_ABOUT_AN_EARLIER_REQUEST = "urn:augury:problem:idempotency-key-reused"


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """A request that the document allows may be refused for what no schema can say, if the answer says that it is."""
    return not (isinstance(failure, RejectedPositiveData) and _is_beyond_schema(response))


def _is_beyond_schema(response: Response) -> bool:
    try:
        problem = json.loads(response.content)
    except ValueError:
        return False
    if problem.get("type") == _ABOUT_AN_EARLIER_REQUEST:
        return True
    errors = problem.get("errors", [])
    return bool(errors) and all(error["beyond_schema"] for error in errors)


@schemathesis.hook
def before_call(context: HookContext, case: Case, **_: object) -> None:
    """A stream of events that follows what happens ends when the client goes: it is asked for what there is."""
    if case.operation.path.endswith("/events"):
        case.query = {**(case.query or {}), "follow": "false"}
