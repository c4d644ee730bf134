"""Who asks, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from api_schemas.access.keys import Scope
from api_schemas.base import RequestModel, Timestamp
from api_schemas.plain_text import PlainText


class Membership(BaseModel):
    """What somebody may in a project."""

    project: str
    scopes: list[Scope]


class WhoAsks(BaseModel):
    """Who sent a request, and what they may."""

    subject: str | None = Field(description="Who it is, where an issuer or a proxy says so.")
    key_id: str | None = Field(description="Of the key that was sent; null where none was.")
    project: str = Field(description="Whose objects there are for them.")
    scopes: list[Scope] = Field(description="What they may in it.")
    memberships: list[Membership] = Field(description="All projects that they may ask for by Augury-Project.")
    expires_at: Timestamp | None = Field(description="When the key, the login or the token ends; null: never.")


class ProjectChoice(RequestModel):
    """Which project a login is about from now on."""

    project: Annotated[PlainText, Field(min_length=1, max_length=40)] = Field(examples=["vision"])
