"""What versions called a request that told requests apart by what they mean alone, with the defaults of their own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import TypeAdapter

from api_schemas.jobs import AugmentationRequest, JobRequest
from api_schemas.training.settings import as_meant_before
from augury.planning.canonical import digest

_REQUESTS: TypeAdapter[JobRequest] = TypeAdapter(JobRequest)


def earlier_fingerprints(request: JobRequest, first_answer: dict[str, Any]) -> Collection[str]:
    """What an earlier version may have called the request, of which the first answer to its key is known.

    That answer has the request with all the fields that there were then. So what the request means is written with
    these fields alone: by the defaults of now, and by those of before there were options of training.

    Args:
        request: as it came again.
        first_answer: a job, as it was answered.
    """
    known, said = first_answer.get("request"), request.model_dump(mode="json", exclude_unset=True)
    if not isinstance(known, dict) or not _could_be_said(known, said):
        return ()
    meant = [request]
    if not isinstance(request, AugmentationRequest):
        meant.append(_REQUESTS.validate_python(as_meant_before(said)))
    return {digest(_with_fields_of(known, each.model_dump(mode="json"))) for each in meant}


def _could_be_said(known: Any, said: Any) -> bool:
    """Whether the known request has all the fields that are said."""
    if isinstance(known, dict) and isinstance(said, dict):
        return all(name in known and _could_be_said(known[name], inner) for name, inner in said.items())
    if isinstance(known, list) and isinstance(said, list):
        return len(known) == len(said) and all(map(_could_be_said, known, said))
    return True


def _with_fields_of(known: Any, value: Any) -> Any:
    """The value without those fields of its objects that the known one does not have at the same place."""
    if isinstance(known, dict) and isinstance(value, dict):
        return {name: _with_fields_of(known[name], inner) for name, inner in value.items() if name in known}
    if isinstance(known, list) and isinstance(value, list) and len(known) == len(value):
        return [_with_fields_of(*pair) for pair in zip(known, value, strict=True)]
    return value
