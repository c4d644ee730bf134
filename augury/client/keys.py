"""The client's part about keys: who may come into the project that one's own key is to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from api_schemas.access.keys import Key, KeyList, NewKey, Scope
from augury.client.base import Calls, given


class KeyClient(Calls):
    """Keys to one's own project. For what methods raise see `augury.Client`."""

    def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[Scope] | None = None,
        expires_in_days: float | None = None,
        replaces: str | None = None,
        overlap_hours: float | None = None,
    ) -> NewKey:
        """Make a key; its ``key`` is what has to be sent, and cannot be had again.

        It is not sent twice: an answer that is lost on its way leaves a key behind that nobody has, to be revoked.

        Parameters:
            name: To know it again by.
            scopes: What it may; by default ``read`` and ``submit``. No more than one's own key.
            expires_in_days: After which it ends; by default with one's own key, if that ends.
            replaces: The id of a key that ends soon, as the new one is for its work.
            overlap_hours: How soon: 24 by default.
        """
        body: dict[str, Any] = {"name": name}
        body |= given({"scopes": None if scopes is None else list(scopes), "expires_in_days": expires_in_days})
        body |= given({"replaces": replaces, "overlap_hours": overlap_hours})
        return self._ask(NewKey, "POST", "/v1/keys", json=body, patience=0)

    def key(self, key_id: str) -> Key:
        """What a key may, and whether it works."""
        return self._ask(Key, "GET", _path(key_id))

    def keys(self, *, limit: int | None = None, cursor: str | None = None) -> KeyList:
        """One page of keys, newest first."""
        query: dict[str, str | int] = given({"limit": limit, "cursor": cursor})
        return self._ask(KeyList, "GET", "/v1/keys", params=query)

    def revoke_key(self, key_id: str) -> None:
        """Have a key work no more."""
        self._connection.content(self._connection.request("DELETE", _path(key_id), patience=self._patience))


def _path(key_id: str) -> str:
    return f"/v1/keys/{quote(key_id, safe='')}"
