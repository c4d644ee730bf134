"""`augury webhooks`: have addresses told of what happens in one's own project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, get_args

import typer

from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import EVENT_TYPES, EventType
from augury.cli.follow import out, say
from augury.cli.options import Url
from augury.cli.render.webhooks import render_deliveries, render_webhooks
from augury.client.client import Client

WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK_ID", help="As printed by `augury webhooks list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def add(
    receiver: Annotated[str, typer.Argument(metavar="RECEIVER", help="Where to POST, https.")],
    type_: Annotated[
        list[str] | None,
        typer.Option("--type", help=f"What it is told of, may be given several times: {', '.join(EVENT_TYPES)}."),
    ] = None,
    named: Annotated[bool, typer.Option("--named", help="Only of jobs that name it in their `notify`.")] = False,
    description: Annotated[str | None, typer.Option(help="To know it again by.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Register a webhook. The secret for its signatures is printed once, alone on stdout."""
    types = None if type_ is None else [_type(each) for each in type_]
    with Client(url) as client:
        made = client.add_webhook(receiver, types=types, jobs="named" if named else None, description=description)
    if as_json:
        typer.echo(made.model_dump_json(indent=2, by_alias=True))
        return
    say(f"{made.id} is told of {', '.join(made.types or ['everything'])}; its secret is shown here alone:")
    typer.echo(made.secret)


def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List webhooks, newest first, without their secrets."""
    with Client(url) as client:
        found = client.webhooks(limit=limit)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_webhooks(found))


def remove(webhook_id: WebhookId, url: Url = None) -> None:
    """Have a webhook told nothing any more."""
    with Client(url) as client:
        client.delete_webhook(webhook_id)
    typer.echo(f"{webhook_id}: deleted")


def pause(webhook_id: WebhookId, url: Url = None) -> None:
    """Keep back what a webhook is to be told, for days at most."""
    _change_state(webhook_id, "paused", url)


def resume(webhook_id: WebhookId, url: Url = None) -> None:
    """Go on telling a webhook that was paused, or that the service has disabled."""
    _change_state(webhook_id, "active", url)


def rotate(
    webhook_id: WebhookId,
    overlap_hours: Annotated[
        float | None, typer.Option(min=0, help="How long messages carry the old signature, too. Default: 24.")
    ] = None,
    url: Url = None,
) -> None:
    """Give a webhook another secret, which is printed once, alone on stdout."""
    with Client(url) as client:
        made = client.rotate_webhook(webhook_id, overlap_hours=overlap_hours)
    say(f"{made.id}: the old secret is used until {made.old_secret_until or 'now'}")
    typer.echo(made.secret)


def deliveries(
    webhook_id: WebhookId,
    state: Annotated[str | None, typer.Option(help=f"Only messages in this state: {', '.join(DeliveryState)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List what a webhook was told, newest first, and what became of it."""
    with Client(url) as client:
        found = client.deliveries(webhook_id, state=state, limit=limit)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_deliveries(found))


def redeliver(
    webhook_id: WebhookId,
    delivery_id: Annotated[
        str, typer.Argument(metavar="DELIVERY_ID", help="As printed by `augury webhooks deliveries`.")
    ],
    url: Url = None,
) -> None:
    """Send a message again that is over, under the same id."""
    with Client(url) as client:
        message = client.redeliver(webhook_id, delivery_id)
    typer.echo(f"{message.id}: {message.state}")


def ping(webhook_id: WebhookId, url: Url = None) -> None:
    """Send a webhook a message that tells of nothing."""
    with Client(url) as client:
        message = client.test_webhook(webhook_id)
    typer.echo(f"{message.id}: {message.state}; look at it with: augury webhooks deliveries {webhook_id}")


COMMANDS: dict[str, Callable[..., None]] = {
    "add": add,
    "list": list_,
    "remove": remove,
    "pause": pause,
    "resume": resume,
    "rotate": rotate,
    "deliveries": deliveries,
    "redeliver": redeliver,
    "test": ping,
}


def _change_state(webhook_id: str, state: str, url: str | None) -> None:
    with Client(url) as client:
        webhook = client.change_webhook(webhook_id, state=state)
    typer.echo(f"{webhook.id}: {webhook.state}")


def _type(text: str) -> EventType:
    for known in get_args(EventType):
        if text == known:
            found: EventType = known
            return found
    raise typer.BadParameter(f"--type: got {text}, expected one of {', '.join(EVENT_TYPES)}")
