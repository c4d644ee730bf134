"""Where the operator keeps weights for all."""

from __future__ import annotations


def kind_of_place(url: str) -> str:
    """The kind of reference that a file below the URL would have: ``s3``, ``gs`` or ``path``."""
    scheme, separator, _ = url.partition("://")
    return scheme if separator else "path"
