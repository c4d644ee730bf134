"""Keys on the wire: what one may be asked to do, and what is shown of it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field

from api_schemas.base import RequestModel, Timestamp
from api_schemas.plain_text import PlainText

Scope = Literal["read", "submit", "admin", "metrics"]
"""``read`` shows what there is, ``submit`` stores, changes and deletes, ``admin`` makes and revokes keys, all of one
project. ``metrics`` shows the numbers of the whole service, which belong to whoever runs it."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
PROJECT_SCOPES = SCOPES[:3]
"""Of what is a project's alone."""

MAX_KEY_DAYS = 3_650.0
MAX_OVERLAP_HOURS = 720.0

KeyState = Literal["active", "expired", "revoked"]


class KeyRequest(RequestModel):
    """A key that is to be made."""

    name: Annotated[PlainText, Field(min_length=1, max_length=100)] = Field(
        description="To know it again by: who or what uses it.", examples=["nightly comparisons"]
    )
    scopes: list[Scope] = Field(
        ["read", "submit"],
        min_length=1,
        max_length=len(SCOPES),
        description="What it may: none includes another. No more than the key, if any, that asks for it.",
    )
    expires_in_days: float | None = Field(
        None, gt=0, le=MAX_KEY_DAYS, description="null: it lasts as long as the key that asks for it, or for ever."
    )
    replaces: str | None = Field(
        None,
        pattern=r"^key_[0-9a-f]{32}$",
        description="The id of a key that the new one is for: that one ends after overlap_hours.",
    )
    overlap_hours: float = Field(
        24.0, ge=0, le=MAX_OVERLAP_HOURS, description="For how long the key that is replaced still works."
    )


class Key(BaseModel):
    """A key, without what has to be sent to use it."""

    id: str = Field(description="Public: it is a part of the key, and stands in logs.")
    project: str = Field(description="Whose objects there are for who uses it.")
    name: str
    scopes: list[Scope]
    state: KeyState
    created_at: Timestamp
    created_by: str | None = Field(description="The id of the key that made it; null where none was used.")
    expires_at: Timestamp | None
    last_used_at: Timestamp | None = Field(description="Within ten minutes.")


class NewKey(Key):
    """A key that was just made."""

    key: str = Field(description="To be sent as `Authorization: Bearer …`. It is shown here, and never again.")


class KeyList(BaseModel):
    """A page of keys, newest first."""

    items: list[Key]
    next_cursor: str | None = Field(description="To be given as cursor for the next page; null at the end.")
