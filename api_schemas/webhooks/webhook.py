"""Webhooks: an address that is told of what happens, and by whose signature it knows that it was Augury."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.base import Body, RequestModel, Timestamp
from api_schemas.plain_text import PlainText

EventType = Literal[
    "job.started",
    "job.looked",
    "job.succeeded",
    "job.failed",
    "job.cancelled",
    "dataset.ready",
    "dataset.failed",
    "model.ready",
    "model.failed",
    "webhook.disabled",
]
"""What a webhook can be told of. ``job.looked``: the evidence was looked at, as planned, and verdicts are in."""
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
PING = "webhook.ping"
"""Sent when somebody asks for it, to every type of webhook."""

MAX_URL_LENGTH = 2_000
MAX_OVERLAP_HOURS = 720.0

Types = Annotated[
    list[EventType] | None,
    Field(
        min_length=1,
        max_length=len(EVENT_TYPES),
        description="What it is told of; null: of everything, also of what later versions can tell.",
    ),
]
Jobs = Annotated[
    Literal["all", "named"],
    Field(
        description="all: it is told of every job, dataset and model of the project. named: only of the jobs whose "
        "`notify` names it."
    ),
]
Description = Annotated[PlainText, Field(max_length=200, description="Yours, to know it again by.")]


class WebhookState(StrEnum):
    """``active <-> paused``; ``disabled`` by the service, when nothing was delivered for days."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"
    DELETED = "deleted"


class WebhookRequest(RequestModel):
    """A webhook that is to be registered."""

    url: str = Field(
        min_length=9,
        max_length=MAX_URL_LENGTH,
        description="Where to POST: https, without user name and password, at a public address or at a host that the "
        "operator has named.",
    )
    types: Types = None
    jobs: Jobs = "all"
    description: Description = ""


class WebhookPatch(RequestModel):
    """What is to be changed of a webhook; what is left out stays. The address stays: register another one."""

    types: Types = None
    jobs: Jobs | None = None
    description: Description | None = None
    state: Literal["active", "paused"] | None = Field(
        None,
        description="paused: what happens is kept, for days, and delivered once it is active. active: also brings a "
        "disabled one back; what happened meanwhile is not told.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("empty_patch", "say what is to be changed: types, jobs, description or state")
        return self


class RotationRequest(RequestModel):
    """A webhook gets another secret."""

    overlap_hours: float = Field(
        24.0,
        ge=0,
        le=MAX_OVERLAP_HOURS,
        description="For how long deliveries are signed with the old secret, too; 0 where it has leaked.",
    )


class Webhook(Body):
    """A webhook, without its secret."""

    id: str
    url: str
    types: list[str] | None = Field(description="null: everything.")
    jobs: Literal["all", "named"]
    description: str
    state: WebhookState
    failing_since: Timestamp | None = Field(description="When the first of the attempts failed since the last success.")
    disabled_reason: str | None = Field(description="Why the service disabled it.")
    old_secret_until: Timestamp | None = Field(description="How long deliveries are signed with two secrets.")
    created_at: Timestamp
    created_by: str | None = Field(description="The id of the key that registered it; null where none was used.")


class NewWebhook(Webhook):
    """A webhook that has just got its secret."""

    secret: str = Field(description="What signatures are checked with. It is shown here, and never again.")


class WebhookList(Body):
    """A page of webhooks, newest first."""

    items: list[Webhook]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last one.")
