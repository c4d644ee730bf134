"""The client's part about webhooks: who is told of what happens in one's own project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from api_schemas.webhooks.delivery import Delivery, DeliveryList
from api_schemas.webhooks.webhook import EventType, NewWebhook, Webhook, WebhookList
from augury.client.base import Calls, given


class WebhookClient(Calls):
    """Webhooks of one's own project. For what methods raise see `augury.Client`."""

    def add_webhook(
        self,
        url: str,
        *,
        types: Sequence[EventType] | None = None,
        jobs: Literal["all", "named"] | None = None,
        description: str | None = None,
    ) -> NewWebhook:
        """Have an address told of what happens; the ``secret`` that signatures are checked with cannot be had again.

        It is not sent twice: an answer that is lost on its way leaves a webhook behind, to be deleted.

        Parameters:
            url: Where to POST.
            types: What it is told of; by default everything.
            jobs: ``named``: only of jobs that name it in their ``notify``.
            description: To know it again by.
        """
        options: dict[str, Any] = {"types": None if types is None else list(types), "jobs": jobs}
        body = {"url": url} | given(options | {"description": description})
        return self._ask(NewWebhook, "POST", "/v1/webhooks", json=body, patience=0)

    def webhook(self, webhook_id: str) -> Webhook:
        """What a webhook is told of, and whether that arrives."""
        return self._ask(Webhook, "GET", _path(webhook_id))

    def webhooks(self, *, limit: int | None = None, cursor: str | None = None) -> WebhookList:
        """One page of webhooks, newest first."""
        query: dict[str, str | int] = given({"limit": limit, "cursor": cursor})
        return self._ask(WebhookList, "GET", "/v1/webhooks", params=query)

    def change_webhook(self, webhook_id: str, **changes: Any) -> Webhook:
        """Change ``types``, ``jobs``, ``description`` or ``state`` (``active`` or ``paused``); the rest stays."""
        return self._ask(Webhook, "PATCH", _path(webhook_id), json=changes)

    def rotate_webhook(self, webhook_id: str, *, overlap_hours: float | None = None) -> NewWebhook:
        """Give a webhook another secret; the old one is used beside it, by default for 24 hours."""
        body: dict[str, Any] = given({"overlap_hours": overlap_hours})
        return self._ask(NewWebhook, "POST", f"{_path(webhook_id)}/rotate", json=body, patience=0)

    def delete_webhook(self, webhook_id: str) -> None:
        """Have a webhook told nothing any more."""
        self._connection.content(self._connection.request("DELETE", _path(webhook_id), patience=self._patience))

    def test_webhook(self, webhook_id: str) -> Delivery:
        """Have a message sent that tells of nothing."""
        return self._ask(Delivery, "POST", f"{_path(webhook_id)}/test")

    def deliveries(
        self, webhook_id: str, *, state: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> DeliveryList:
        """One page of a webhook's messages, newest first."""
        query: dict[str, str | int] = given({"state": state, "limit": limit, "cursor": cursor})
        return self._ask(DeliveryList, "GET", f"{_path(webhook_id)}/deliveries", params=query)

    def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Have a message that is over sent again, under the same id."""
        path = f"{_path(webhook_id)}/deliveries/{quote(delivery_id, safe='')}/redeliver"
        return self._ask(Delivery, "POST", path, patience=0)


def _path(webhook_id: str) -> str:
    return f"/v1/webhooks/{quote(webhook_id, safe='')}"
