"""What a ``Content-Type`` says."""

from __future__ import annotations

JSON_TYPE, MULTIPART_TYPE = "application/json", "multipart/form-data"
PIECE_TYPE = "application/offset+octet-stream"
"""Of a piece of an upload (tus 1.0)."""


def is_multipart(content_type: str) -> bool:
    """Whether a body is a form with files."""
    return _media_type(content_type) == MULTIPART_TYPE


def is_piece(content_type: str) -> bool:
    """Whether a body is a piece of an upload."""
    return _media_type(content_type) == PIECE_TYPE


def is_json(content_type: str) -> bool:
    """Whether a body is JSON, or a format that is written in it."""
    media_type = _media_type(content_type)
    return media_type == JSON_TYPE or (media_type.startswith("application/") and media_type.endswith("+json"))


def _media_type(content_type: str) -> str:
    return content_type.split(";")[0].strip().lower()
