"""What every part of the client builds on: one service, patience with it, and answers as models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from augury.client.address import default_url, given_key
from augury.client.connection import Answer, Connection

DEFAULT_PATIENCE_SECONDS = 5.0
WATCH_PATIENCE_SECONDS = 60.0

Value = TypeVar("Value")


class Calls:
    """A connection to one service."""

    def __init__(
        self, url: str | None = None, *, key: str | None = None, patience: float = DEFAULT_PATIENCE_SECONDS
    ) -> None:
        """Connect to *url*; by default ``AUGURY_URL``, the stack in ``./.augury``, or port 8000 of this machine.

        *key* is sent with every request; by default ``AUGURY_API_KEY``, and where it is empty, none.
        """
        self.url = (url or default_url()).rstrip("/")
        self._patience = patience
        self._connection = Connection(self.url, given_key() if key is None else key)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Use the client for the length of a ``with`` block."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close it."""
        self.close()

    def _ask(
        self,
        model: type[Answer],
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        hold: float = 0,
        patience: float | None = None,
    ) -> Answer:
        response = self._connection.request(
            method,
            path,
            json=json,
            params=params,
            headers=headers,
            hold=hold,
            patience=self._patience if patience is None else patience,
        )
        return self._connection.read(model, response)


def given(options: Mapping[str, Value | None]) -> dict[str, Value]:
    """The options that somebody asked for."""
    return {name: value for name, value in options.items() if value is not None}


def body_of(request: BaseModel | Mapping[str, Any]) -> Mapping[str, Any]:
    """A request as the JSON object it is on the wire."""
    # Defaults are the service's to choose, so a model is sent without the fields that nobody set.
    return request if isinstance(request, Mapping) else request.model_dump(mode="json", exclude_unset=True)
