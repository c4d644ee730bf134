"""Augury: does this image augmentation help or hurt my model on my data?

``augury.Client`` talks to a service. The library itself needs none: ``augury.compare`` trains and reports here;
``augury.augmentation``, ``augury.linting``,
``augury.datasets`` and the other packages below, each with an extra of its own to install.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augury.client.client import Client
    from augury.comparing.compare import compare
    from augury.publishing.publish import publish_to_card, publish_to_mlflow

from augury.errors import (
    AuguryError,
    DatasetRefused,
    NothingToPublish,
    NothingToSend,
    NotInstalled,
    PublishingFailed,
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
    "NothingToPublish",
    "NothingToSend",
    "PublishingFailed",
    "RequestRefused",
    "ServiceFailed",
    "ServiceUnreachable",
    "StackConflict",
    "StackFailed",
    "compare",
    "publish_to_card",
    "publish_to_mlflow",
]

_ON_DEMAND = {"Client": "augury.client.client", "compare": "augury.comparing.compare"} | dict.fromkeys(
    ("publish_to_card", "publish_to_mlflow"), "augury.publishing.publish"
)
"""What is imported when somebody asks for it: whoever wants the engine alone does not pay for it."""


def __getattr__(name: str) -> Any:
    """What is imported on demand."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_ON_DEMAND[name]), name)
    globals()[name] = found
    return found
