"""Webhooks of the running stack: told once in the good case, and never less than once in any other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.end_to_end.stack import Stack, training
from tests.receivers import Receiver, receiving
from tests.servers import wait_for

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    """One that the stack may tell."""
    with receiving(stack.hook_port) as receiver:
        yield receiver


@pytest.fixture
def webhook(stack: Stack) -> Iterator[dict[str, Any]]:
    """Registered for jobs, for the length of a test."""
    url = f"http://127.0.0.1:{stack.hook_port}/hook"
    types = ["job.started", "job.succeeded", "job.failed", "job.cancelled"]
    response = stack.http.post("/v1/webhooks", json={"url": url, "types": types})
    assert response.status_code == 201, response.text
    made = dict(response.json())
    yield made
    stack.http.delete(f"/v1/webhooks/{made['id']}")


def _deliveries(stack: Stack, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    return list(stack.http.get(f"/v1/webhooks/{webhook['id']}/deliveries").json()["items"])


def _all_delivered(stack: Stack, webhook: dict[str, Any]) -> bool:
    return {each["state"] for each in _deliveries(stack, webhook)} == {"delivered"}


def test_a_job_is_told_of_as_it_goes_on(stack: Stack, receiver: Receiver, webhook: dict[str, Any]) -> None:
    """Exactly once of each thing, verified by the reference library, though the broker loses all it has meanwhile."""
    job = stack.submit(training(epochs=1, first_seed=5_000))
    stack.broker.kill()
    stack.broker.start(empty=True)
    assert stack.finished(job["id"])["state"] == "succeeded"
    received = receiver.wait_for(2)
    wait_for(lambda: _all_delivered(stack, webhook), "the messages to be noted as delivered")
    payloads = [Webhook(webhook["secret"]).verify(each.body, each.headers) for each in received]
    assert sorted(each["type"] for each in payloads) == ["job.started", "job.succeeded"]
    assert {each["data"]["id"] for each in payloads} == {job["id"]}
    assert [each["attempts"] for each in _deliveries(stack, webhook)] == [1, 1]
    assert len(receiver.received) == 2


def test_a_worker_that_is_killed_after_the_post_is_followed_by_another(
    stack: Stack, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    """The message comes again, under its id."""
    gate = threading.Event()
    receiver.answers = [lambda: 204 if gate.wait(60) else 500]
    stack.http.post(f"/v1/webhooks/{webhook['id']}/test")
    receiver.wait_for(1)
    stack.kill("control")
    gate.set()
    stack.start_worker("control")
    first, second = receiver.wait_for(2, 120)
    assert first.id == second.id
    wait_for(lambda: _all_delivered(stack, webhook), "the message to be noted as delivered")


def test_a_receiver_that_was_away_hears_of_it_when_it_is_back(stack: Stack, webhook: dict[str, Any]) -> None:
    """A cancel that happened meanwhile is told then."""
    job = stack.submit(training(epochs=1, first_seed=6_000))
    stack.http.post(f"/v1/jobs/{job['id']}/cancel")
    wait_for(lambda: any(each["attempts"] for each in _deliveries(stack, webhook)), "an attempt")
    with receiving(stack.hook_port) as receiver:
        wait_for(lambda: _all_delivered(stack, webhook), "the messages to arrive", 120)
        assert "job.cancelled" in receiver.types() or "job.succeeded" in receiver.types()


def test_no_secret_and_no_address_is_in_a_log(stack: Stack, receiver: Receiver, webhook: dict[str, Any]) -> None:
    """Receivers' addresses may be secrets, too."""
    stack.http.post(f"/v1/webhooks/{webhook['id']}/test")
    receiver.wait_for(1)
    wait_for(lambda: _all_delivered(stack, webhook), "the message to be noted as delivered")
    logs = "".join(log.read_text() for log in stack.folder.glob("*.log"))
    assert webhook["id"] in logs
    assert webhook["secret"].removeprefix("whsec_") not in logs
    assert '/hook"' not in logs
    assert f"{stack.hook_port}/hook" not in logs
