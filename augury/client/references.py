"""What a person types for a dataset: a reference in one word, an id, or a local path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, get_args

from api_schemas.datasets.references import BuiltinReference

BUILTIN = get_args(BuiltinReference.model_fields["name"].annotation)
"""The names of built-in datasets."""
_ID = re.compile(r"ds_[0-9a-f]{32}")
_SCHEME = re.compile(r"([a-z0-9]+)(://|:(?=[^\\]))(.*)", re.DOTALL)
SYNTAX = (
    "https:…, s3://bucket/key, gs://bucket/key, hf://owner/name, builtin:digits, path:/on/the/server, an id or JSON"
)


def reference_of(text: str) -> dict[str, Any] | None:
    """The reference that *text* stands for, unchecked; None for anything else, such as a local path.

    Raises:
        ValueError: it begins like a reference, but is none.
    """
    if text.lstrip().startswith("{"):
        return _json(text)
    if _ID.fullmatch(text):
        return {"kind": "dataset", "id": text}
    found = _SCHEME.fullmatch(text)
    make = _SCHEMES.get(found[1] + found[2]) if found else None
    return make(text, found[3]) if make is not None and found is not None else None


def _json(text: str) -> dict[str, Any]:
    reference: dict[str, Any] = json.loads(text)
    return reference


def _bucket(kind: str) -> Callable[[str, str], dict[str, Any]]:
    def reference(_text: str, rest: str) -> dict[str, Any]:
        bucket, _, key = rest.partition("/")
        return {"kind": kind, "bucket": bucket, "key": key}

    return reference


def _hub(_text: str, rest: str) -> dict[str, Any]:
    repository, _, configuration = rest.partition("#")
    return {"kind": "huggingface", "repository": repository} | (
        {"configuration": configuration} if configuration else {}
    )


_SCHEMES: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "https://": lambda text, _: {"kind": "url", "url": text},
    "http://": lambda text, _: {"kind": "url", "url": text},  # refused by the service, which says why
    "s3://": _bucket("s3"),
    "gs://": _bucket("gs"),
    "hf://": _hub,
    "builtin:": lambda _, rest: {"kind": "builtin", "name": rest},
    "path:": lambda _, rest: {"kind": "path", "path": rest},
    "sha256:": lambda _, rest: {"kind": "upload", "sha256": rest},
}
