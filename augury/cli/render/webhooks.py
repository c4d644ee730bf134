"""Webhooks and their messages as tables for a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from api_schemas.webhooks.delivery import DeliveryList
from api_schemas.webhooks.webhook import WebhookList
from augury.cli.render.tables import plain_table


def render_webhooks(found: WebhookList) -> RenderableType:
    """A line for each webhook."""
    if not found.items:
        return Text("There are no webhooks.")
    table = plain_table()
    table.add_column("id", no_wrap=True)  # to be copied
    for heading in ("state", "told of", "jobs", "receiver", "remarks"):
        table.add_column(heading, overflow="fold")
    for webhook in found.items:
        failing = f"failing since {webhook.failing_since}" if webhook.failing_since else ""
        remarks = "; ".join(filter(None, (webhook.disabled_reason, failing, webhook.description)))
        types = ", ".join(webhook.types or ["everything"])
        table.add_row(webhook.id, webhook.state, types, webhook.jobs, Text(webhook.url), Text(remarks))
    return table


def render_deliveries(found: DeliveryList) -> RenderableType:
    """A line for each message."""
    if not found.items:
        return Text("There are no messages.")
    table = plain_table()
    table.add_column("id", no_wrap=True)
    for heading in ("type", "state", "attempts", "status", "next attempt", "remarks"):
        table.add_column(heading, overflow="fold")
    for message in found.items:
        status = "" if message.status_code is None else str(message.status_code)
        remarks = ": ".join(filter(None, (message.error, message.response)))
        cells = (message.type, message.state, str(message.attempts), status, message.next_attempt_at or "")
        table.add_row(message.id, *cells, Text(remarks))
    return table
