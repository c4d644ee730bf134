"""The audit trail on the wire: who did what, and who was refused what."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api_schemas.base import Timestamp

AuditOutcome = Literal["done", "refused"]


class AuditEntry(BaseModel):
    """Something that was done, or tried."""

    id: int = Field(description="Later ones are larger.")
    at: Timestamp
    actor: str = Field(description="key; person; nobody: without a key; operator: with the database at hand; service.")
    key_id: str | None = Field(description="The key's public part; null where there was none that the service knows.")
    subject: str | None = Field(description="Who a person is, where an issuer or a proxy has said so.")
    action: str = Field(description="The operation's name.", examples=["submit_job"])
    object_id: str | None = Field(description="What it was done to.")
    request_id: str | None = Field(description="As in the answer's X-Request-Id; null where several are counted.")
    outcome: AuditOutcome
    reason: str | None = Field(description="Of what was refused: the end of the problem's type, e.g. scope-missing.")
    count: int = Field(description="How often; refusals that are alike are counted together for a minute.")


class AuditTrail(BaseModel):
    """A page of entries, newest first. A filter may leave a page short, or empty: what ends is next_cursor."""

    items: list[AuditEntry]
    next_cursor: str | None = Field(description="To be given as cursor for the next page; null at the end.")
