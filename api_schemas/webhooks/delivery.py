"""Deliveries: one message to one webhook, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from api_schemas.base import Body, Timestamp


class DeliveryState(StrEnum):
    """``queued -> sending -> delivered | failed``, and back to ``queued`` between attempts."""

    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Body):
    """A message to a webhook."""

    id: str = Field(description="The `webhook-id` of every attempt, by which a receiver knows what it has had before.")
    webhook_id: str
    type: str = Field(description="Of the event.")
    state: DeliveryState
    attempts: int = Field(description="That were made.")
    status_code: int | None = Field(description="Of the last answer; null where there was none.")
    error: str | None = Field(description="Why the last attempt was no success.")
    response: str | None = Field(description="The beginning of the last answer's body, where it was no success.")
    payload: dict[str, Any] = Field(description="What is sent.")
    created_at: Timestamp
    last_attempt_at: Timestamp | None
    next_attempt_at: Timestamp | None = Field(description="While it waits; after a pause, where the webhook has one.")
    give_up_at: Timestamp | None = Field(description="When it is tried for the last time.")


class DeliveryList(Body):
    """A page of deliveries, newest first."""

    items: list[Delivery]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
