"""A real service that takes keys alone, and a key to a project of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Real:
    """Where it is, and what is sent to it."""

    url: str
    key: str
