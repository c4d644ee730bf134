"""Augury: does this image augmentation help or hurt my model on my data?

``augury.Client`` talks to a service. The library itself needs none: ``augury.augmentation``, ``augury.linting``,
``augury.datasets`` and the other packages below, each with an extra of its own to install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.client.client import Client

from augury.errors import (
    AuguryError,
    DatasetRefused,
    NothingToSend,
    NotInstalled,
    RequestRefused,
    ServiceFailed,
    ServiceUnreachable,
    StackConflict,
    StackFailed,
)

__all__ = [
    "AuguryError",
    "Client",
    "DatasetRefused",
    "NotInstalled",
    "NothingToSend",
    "RequestRefused",
    "ServiceFailed",
    "ServiceUnreachable",
    "StackConflict",
    "StackFailed",
]


def __getattr__(name: str) -> Any:
    """The client, imported when somebody asks for it: whoever wants the engine alone does not pay for it."""
    if name != "Client":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from augury.client.client import Client

    globals()[name] = Client
    return Client
