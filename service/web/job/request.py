"""A job's request to take along: as JSON, as Python and as curl, each of which runs as it stands."""

from __future__ import annotations

import json
import pprint
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from api_schemas.jobs import JobRequest

_ADAPTER: TypeAdapter[Any] = TypeAdapter(JobRequest)
_WIDTH = 100
_END = "AUGURY_REQUEST"
"""What ends a here-document; no JSON has a line that is only this."""


@dataclass(frozen=True)
class Taken:
    """The same request in three forms."""

    json: str
    python: str
    curl: str


def taken(request: dict[str, Any], address: str, *, needs_key: bool) -> Taken:
    """A request as it was stored, to be sent again.

    Args:
        request: of the job.
        address: of the service, as whoever looks at the page reaches it.
        needs_key: whether it takes keys; the key itself is in nobody's page.
    """
    body = short(request)
    text = json.dumps(body, indent=2, ensure_ascii=False)
    key = ' -H "Authorization: Bearer $AUGURY_API_KEY"' if needs_key else ""
    return Taken(
        json=text,
        python=f"{_PYTHON.format(address=address, request=_literal(body))}",
        curl=f"curl -s {address}/v1/jobs -H 'Content-Type: application/json'{key} \\\n"
        f"  --data-binary @- <<'{_END}'\n{text}\n{_END}",
    )


def short(request: dict[str, Any]) -> dict[str, Any]:
    """A request without what is the default anyway, as far as it says the same so; one that is not valid as it is."""
    try:
        read = _ADAPTER.validate_python(request)
    except ValidationError:  # of an earlier version
        return request
    least = {"kind": request["kind"], **read.model_dump(mode="json", exclude_defaults=True)}
    if _says(least, read):
        return least
    # Somewhere the default is not what leaving it out means, as the name of a schedule that has options.
    told = dict(read.model_dump(mode="json"))
    for name in list(told):
        others = {key: value for key, value in told.items() if key != name}
        shorter = [others, {**told, name: least[name]}] if name in least else [others]
        told = next((each for each in shorter if _says(each, read)), told)
    return told


def _says(body: dict[str, Any], read: Any) -> bool:
    """Whether a body is read as the same request."""
    try:
        return bool(_ADAPTER.validate_python(body) == read)
    except ValidationError:
        return False


_PYTHON = """from augury import Client

request = {request}

client = Client("{address}")  # the key, where one is needed, is that of AUGURY_API_KEY
job = client.submit(request)
for job in client.watch(job.id):
    print(job.phase, job.progress.fraction)
"""


def _literal(body: dict[str, Any]) -> str:
    return pprint.pformat(body, width=_WIDTH, sort_dicts=False)
