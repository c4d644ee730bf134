"""``ETag`` and ``If-None-Match`` (RFC 9110, sections 8.8.3 and 13.1.2): asking often costs little.

Tags are made of versions, which are found without building the answer. They are weak where an answer may differ in what
is no change, such as the time at which a job is expected to end.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Header, Response

_SERVICE = version("augury")
"""Another version may say the same otherwise."""
CACHED = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
"""Kept by the client alone, and not used without asking: what one key may see is not for another."""
IfNoneMatch = Annotated[str | None, Header(max_length=2_000, description="The ETag of an answer got before.")]
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is what If-None-Match named."}}
"""To be declared by routes whose answers have a tag."""


def weak_tag(of: object) -> str:
    """The tag of an answer that is made of a version, which is written out: numbers, texts and tuples of them."""
    return f'W/"{_digest(repr((_SERVICE, of)).encode())}"'


def strong_tag(content: bytes) -> str:
    """The tag of exactly these bytes."""
    return f'"{_digest(content)}"'


def is_known(tag: str, known: str | None) -> bool:
    """Whether a client's ``If-None-Match`` names the answer of this tag. It is compared weakly, as it has to be."""
    named = [each.strip().removeprefix("W/") for each in (known or "").split(",")]
    return tag.removeprefix("W/") in named or "*" in named


def unchanged(response: Response, tag: str, known: str | None) -> Response | None:
    """304 where the client has the answer already; else None, and *response* gets the headers of one with a tag."""
    headers = CACHED | {"ETag": tag}
    if is_known(tag, known):
        return Response(None, 304, headers)
    response.headers.update(headers)
    return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
