"""Which form of an answer a client takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel

PNG, JSON = "image/png", "application/json"

Accept = Annotated[str | None, Header(description="image/png, the default, or application/json for the words.")]


def words_or_picture(accept: str | None, words: Callable[[], BaseModel], picture: Callable[[], bytes]) -> Response:
    """The form that the client prefers, and only that one is made: *words* as JSON, or the *picture*, a PNG."""
    headers = {"Vary": "Accept"}
    if _prefers_json(accept):
        return Response(words().model_dump_json(), media_type=JSON, headers=headers)
    return Response(picture(), media_type=PNG, headers=headers)


def _prefers_json(accept: str | None) -> bool:
    """Whether JSON is named and preferred to a PNG; who accepts anything gets the PNG."""
    weights = _weights(accept)
    png = max(weights.get(name, 0.0) for name in (PNG, "image/*"))
    return weights.get(JSON, 0.0) > png


def acceptable(accept: str | None, offered: Sequence[str]) -> list[str]:
    """The *offered* media types that a client takes, best first; of equals, the one that is offered first.

    The most specific range that fits a type decides about it (RFC 9110, section 12.5.1). Who says nothing takes all.
    """
    ranges = _weights(accept) if (accept or "").strip() else {"*/*": 1.0}
    weights = {
        name: next((ranges[each] for each in (name, f"{name.split('/')[0]}/*", "*/*") if each in ranges), 0.0)
        for name in offered
    }
    return sorted((name for name in offered if weights[name] > 0), key=lambda name: -weights[name])


def _weights(accept: str | None) -> dict[str, float]:
    weights = {}
    for media_range in (accept or "").lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weights[name] = _quality(parameters)
    return weights


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = float(parameter[2:])
            except ValueError:
                return 0.0
            return quality if 0 <= quality <= 1 else 0.0
    return 1.0
