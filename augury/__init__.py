"""Augury's Python client: does this image augmentation help or hurt my model on my data?"""

from augury.client.client import Client
from augury.errors import (
    AuguryError,
    NothingToSend,
    RequestRefused,
    ServiceFailed,
    ServiceUnreachable,
    StackConflict,
    StackFailed,
)

__all__ = [
    "AuguryError",
    "Client",
    "NothingToSend",
    "RequestRefused",
    "ServiceFailed",
    "ServiceUnreachable",
    "StackConflict",
    "StackFailed",
]
