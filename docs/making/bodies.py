"""The bodies of requests and answers, made of the schemas of the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docs.making.document import document
from docs.making.markdown import code, plain, table

Schema = Mapping[str, Any]

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} characters at least",
    "maxLength": "{} characters at most",
    "minItems": "{} items at least",
    "maxItems": "{} items at most",
    "pattern": "matches `{}`",
}


def bodies(_: str) -> str:
    """A section for each named schema, by the alphabet."""
    schemas = document()["components"]["schemas"]
    return "\n".join(_section(name, schemas[name]) for name in sorted(schemas, key=str.lower))


def label(name: str) -> str:
    """What links to a schema are resolved by."""
    return f"body-{name.lower()}"


def shown_type(schema: Schema) -> str:
    """What a value may be, in Markdown: names of schemas are links."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{label(name)})"
    if choices := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
        return " or ".join(dict.fromkeys(shown_type(each) for each in choices))
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(json.dumps(value)) for value in schema["enum"])
    return _of_json(schema)


def _of_json(schema: Schema) -> str:
    kind = schema.get("type", "anything")
    if kind == "array":
        items = [*schema.get("prefixItems", ()), *([schema["items"]] if schema.get("items") else ())]
        return "list of " + (", ".join(dict.fromkeys(map(shown_type, items))) or "anything")
    if kind == "object" and isinstance(values := schema.get("additionalProperties"), Mapping) and values:
        return f"object of {shown_type(values)}"
    return schema.get("format", kind) if kind == "string" else str(kind)


def bounds(schema: Schema) -> str:
    """Between what a value has to be, in words; that of the first choice that has any."""
    own = [words.format(schema[name]) for name, words in _BOUNDS.items() if name in schema]
    inner = (bounds(each) for each in schema.get("anyOf", ()))
    return ", ".join(own) or next(filter(None, inner), "")


def _section(name: str, schema: Schema) -> str:
    lines = [f"({label(name)})=", f"## {name}", "", plain(schema.get("description")), ""]
    if "properties" in schema:
        lines.append(table(["field", "is", "default", "meaning"], _fields(schema)))
    else:
        lines.append(f"Is {shown_type(schema)}.\n")
    return "\n".join(lines)


def _fields(schema: Schema) -> Iterator[tuple[str, str, str, str]]:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        default = "required" if name in required else _default(field)
        meaning = ". ".join(
            filter(None, (plain(field.get("description")).rstrip("."), plain(bounds(field)).capitalize()))
        )
        yield code(name), shown_type(field), default, f"{meaning}." if meaning else ""


def _default(field: Schema) -> str:
    return code(json.dumps(field["default"])) if field.get("default") not in (None, "") else ""
