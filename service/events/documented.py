"""What the OpenAPI document says about streams of events."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api_schemas.events.stream import JobDone, JobEvent, JobProgress
from api_schemas.events.types import DONE, MEANINGS, PROGRESS
from service.http.openapi import Responses, problems
from service.http.problem import ProblemType
from service.http.problem_types import INVALID_REQUEST, STREAMS_FULL, TOO_MANY_STREAMS

_EXAMPLE = """: augury
id: 41
retry: 3000

event: running
id: 42
data: {"job_id":"job_1","sequence":42,"type":"running","at":"2026-01-31T12:00:00.000Z","data":{"phase":"training"}}

"""


def _listed() -> str:
    return "\n".join(f"- `{name.value}`: {meaning}" for name, meaning in MEANINGS.items())


_STREAM = f"""Server-sent events, as they happen. Each has the type's name as its `event`, an `id` to resume from, and a
`JobEvent` as its `data`:

{_listed()}

Comments come where there is nothing to tell for a while."""
_OF_A_JOB = f"""{_STREAM} `{PROGRESS}` (a `JobProgress`, without an id, once a second at most) says how far the job is.
`{DONE}` (a `JobDone`) is the last, when the job is over."""


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)  # of which the document has the same already
    return schema


def _event(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    """One event of a stream whose data are of these models; ``itemSchema`` is OpenAPI 3.2's, as FastAPI writes it."""
    data = {"anyOf": [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]}
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {
            "event": {"type": "string"},
            "id": {"type": "string", "pattern": "^[0-9]+$"},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
        },
    }


EVENT_SCHEMAS = {model.__name__: _schema(model) for model in (JobEvent, JobProgress, JobDone)}
"""Which the framework cannot see, as streams are no JSON."""


def stream_responses(*types: ProblemType, is_of_a_job: bool) -> Responses:
    """What a route answers that streams events, and may answer with these problems besides those that all have."""
    models = (JobEvent, JobProgress, JobDone) if is_of_a_job else (JobEvent,)
    content = {"text/event-stream": {"itemSchema": _event(models), "example": _EXAMPLE}}
    answers: Responses = {200: {"description": _OF_A_JOB if is_of_a_job else _STREAM, "content": content}}
    if is_of_a_job:
        answers[204] = {"description": "The job is over, and there is nothing after that event: do not come again."}
    return answers | problems(INVALID_REQUEST, STREAMS_FULL, TOO_MANY_STREAMS, *types)
