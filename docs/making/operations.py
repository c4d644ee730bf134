"""What can be asked of the service, made of the operations of the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from api_schemas.service.problems import PROBLEM_MEDIA_TYPE
from docs.making.bodies import bounds, shown_type
from docs.making.document import document
from docs.making.markdown import code, plain, table

Operation = dict[str, Any]


def operations(group: str) -> str:
    """A section for each operation of a *group*, which the document calls its tag."""
    sections = [_section(*found) for found in listed() if group in found[2]["tags"]]
    if not sections:
        raise LookupError(f"no operation has the tag {group}")
    return "\n".join(sections)


def listed() -> Iterator[tuple[str, str, Operation]]:
    """The method, path and description of every operation."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _section(method: str, path: str, operation: Operation) -> str:
    return "\n".join(
        [
            f"(operation-{operation['operationId']})=",
            f"## {operation['summary']}",
            "",
            f"```text\n{method} {path}\n```",
            "",
            plain(operation.get("description")),
            "",
            f"Operation `{operation['operationId']}`.{_needs(operation)}",
            "",
            table(["parameter", "in", "is", "meaning"], map(_parameter, operation.get("parameters", []))),
            _body(operation),
            table(["answer", "content", "meaning"], _answers(operation)),
        ]
    )


def _needs(operation: Operation) -> str:
    scopes = {scope for way in operation.get("security", ()) for scope in way.get("key", ())}
    key = "[key](../../security.md)"
    return "".join(f" Takes a {key} with the scope `{scope}`, unless anybody may." for scope in sorted(scopes))


def _parameter(parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    schema = parameter["schema"]
    default = schema.get("default")
    said = [plain(parameter.get("description")).rstrip("."), bounds(schema)]
    said += [f"default {code(json.dumps(default))}"] if default is not None else []
    said += ["required"] if parameter.get("required") and parameter["in"] != "path" else []
    return code(parameter["name"]), parameter["in"], shown_type(schema), "; ".join(filter(None, said))


def _body(operation: Operation) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    rows = ((code(media_type), _shown(each)) for media_type, each in content.items())
    return table(["body", "is"], rows)


def _answers(operation: Operation) -> Iterator[tuple[str, str, str]]:
    for status, response in sorted(operation["responses"].items()):
        content = response.get("content", {})
        if PROBLEM_MEDIA_TYPE in content:
            slugs = (code(slug) for slug in content[PROBLEM_MEDIA_TYPE].get("examples", {}))
            yield status, "[problem](../../errors.md)", ", ".join(slugs)
        else:
            shown = dict.fromkeys(f"{code(media_type)}: {_shown(each)}" for media_type, each in content.items())
            yield status, "; ".join(shown), plain(response.get("description"))


def _shown(content: dict[str, Any]) -> str:
    return shown_type(content["schema"]) if content.get("schema") else "bytes"
