"""From what was found to a spec: what is known for certain, and what is not."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.field_problems import field_problems
from augury.reading.found import FoundSpec

_BODY = "body"


@dataclass(frozen=True)
class ReadSpec:
    """What is known of a spec for certain: its known parameters, and which others may be anything."""

    spec: ImageDataGeneratorSpec | None
    unread: frozenset[str]
    refused: tuple[tuple[str, str], ...] = ()
    """Parameters, '' for several together, that no spec can have so, each with the reason."""


def as_spec(found: FoundSpec) -> ReadSpec:
    """The spec of what is known, with the defaults of all else."""
    arguments = dict(found.arguments)
    refused: list[tuple[str, str]] = []
    while True:
        try:
            spec = ImageDataGeneratorSpec.model_validate(arguments)
        except ValidationError as error:
            lines = [{**line, "loc": (_BODY, *line["loc"])} for line in error.errors(include_url=False)]
            for problem in field_problems(lines, arguments):
                name = problem.location.removeprefix(_BODY).lstrip(".").partition(".")[0].partition("[")[0]
                # Of several together what was received is the whole spec, which stands in the file.
                refused.append((name, problem.message if name else str(error.errors()[0]["msg"])))
                arguments.pop(name, None)
            if "" in dict(refused):
                return ReadSpec(None, frozenset(arguments), tuple(refused))
        else:
            return ReadSpec(spec, frozenset({*found.unread, *dict(refused)}), tuple(refused))
