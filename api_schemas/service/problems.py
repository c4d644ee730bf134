"""Errors on the wire: RFC 9457 problem details with a stable ``type``."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body

PROBLEM_MEDIA_TYPE = "application/problem+json"
PROBLEM_TYPE_PREFIX = "urn:augury:problem:"


class FieldProblem(Body):
    """One faulty field of a request."""

    location: str = Field(description="Where it is.", examples=["body.candidates[0].spec.zoom_range"])
    message: str = Field(examples=["got 1.5, expected a number less than 1"])
    beyond_schema: bool = Field(
        False,
        description="Whether the reason is one that this document cannot say: fields that contradict each other, what "
        "the dataset is, what the operator allows. Otherwise a validator finds the fault before the request is sent.",
    )


class Problem(Body):
    """An RFC 9457 problem."""

    type: str = Field(
        description="Stable; what programs should look at. All are in docs/errors.md.",
        examples=[f"{PROBLEM_TYPE_PREFIX}not-found"],
    )
    title: str
    status: int
    detail: str
    instance: str | None = Field(None, description="The path that was asked for.")
    request_id: str | None = Field(None, description="Find the request in the service's log by this.")
    errors: list[FieldProblem] = Field([], description="Every faulty field of the request.")
