"""The OpenAPI document, as a service gives it that has the usual settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from service.main import create_app
from service.settings import ServiceSettings


@cache
def document() -> dict[str, Any]:
    """Made once; nothing is started, and nothing is written."""
    nowhere = ServiceSettings(data_dir=Path("/nowhere"), database_url="sqlite://")
    return create_app(nowhere).openapi()
