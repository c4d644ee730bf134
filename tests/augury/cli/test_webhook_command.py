"""Webhooks by the client and the command line: registered, listed, paused, rotated, tested, removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from augury import Client, RequestRefused
from augury.cli.app import app
from tests.service.conftest import application, listening

RECEIVER = "https://hooks.example/augury"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a real service."""
    with listening(application(tmp_path_factory.mktemp("service"))) as (host, port):
        yield f"http://{host}:{port}"


def augury(*arguments: str) -> Result:
    """Run the command, without a terminal."""
    return CliRunner().invoke(app, list(arguments))


def test_a_webhook_lives_its_life_by_the_command_line(url: str) -> None:
    """Its secret is alone on stdout, and shown by no other command."""
    added = augury("webhooks", "add", RECEIVER, "--type", "job.succeeded", "--description", "mine", "--url", url)
    assert added.exit_code == 0, added.output
    secret = added.stdout.strip()
    assert secret.startswith("whsec_")
    with Client(url) as client:
        [webhook] = client.webhooks().items
        assert (webhook.url, webhook.types, webhook.jobs) == (RECEIVER, ["job.succeeded"], "all")
    listed = augury("webhooks", "list", "--url", url)
    assert webhook.id in listed.stdout
    assert secret not in listed.output
    assert "paused" in augury("webhooks", "pause", webhook.id, "--url", url).stdout
    assert "active" in augury("webhooks", "resume", webhook.id, "--url", url).stdout
    rotated = augury("webhooks", "rotate", webhook.id, "--overlap-hours", "1", "--url", url)
    assert rotated.stdout.startswith("whsec_")
    assert rotated.stdout.strip() != secret
    assert "queued" in augury("webhooks", "test", webhook.id, "--url", url).stdout
    shown = augury("webhooks", "deliveries", webhook.id, "--state", "queued", "--url", url)
    assert "webhook.ping" in shown.stdout
    assert augury("webhooks", "remove", webhook.id, "--url", url).exit_code == 0
    with Client(url) as client:
        assert client.webhooks().items == []


def test_what_cannot_be_told_is_refused_with_its_reason(url: str) -> None:
    """By the service, in its words, with the code of a refusal."""
    refused = augury("webhooks", "add", "http://10.0.0.1/", "--url", url)
    assert refused.exit_code == 2
    assert "expected https" in refused.output


def test_an_unknown_type_is_refused_before_anything_is_sent() -> None:
    """The known ones are named."""
    refused = augury("webhooks", "add", RECEIVER, "--type", "job.done", "--url", "http://127.0.0.1:1")
    assert refused.exit_code == 2
    assert "job.succeeded" in refused.output


def test_a_message_that_waits_is_not_sent_again(url: str) -> None:
    """The client says what the service does."""
    with Client(url) as client:
        made = client.add_webhook(RECEIVER, jobs="named", types=["job.failed"])
        assert client.webhook(made.id).jobs == "named"
        message = client.test_webhook(made.id)
        with pytest.raises(RequestRefused, match="queued"):
            client.redeliver(made.id, message.id)
        assert client.change_webhook(made.id, types=None).types is None
        client.delete_webhook(made.id)
