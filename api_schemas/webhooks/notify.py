"""What a job says about who is to be told of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MAX_NOTIFIED = 5

WebhookId = Annotated[str, Field(pattern=r"^wh_[0-9a-f]{32}$")]

Notify = Annotated[
    list[WebhookId],
    Field(
        max_length=MAX_NOTIFIED,
        description="Ids of webhooks of your project that are told of this job, beside those that are told of every "
        "job. They are told of the types of events that they are registered for.",
    ),
]
"""Of a job's request. An id says where to, which was looked at when it was registered; an address in a request would
have a secret of its own to be shown and kept."""
