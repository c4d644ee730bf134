"""Messages are sent as they become due, a bounded number at a time, whatever becomes of receivers and workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook

from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import WebhookRequest, WebhookState
from store.ids import DEFAULT_PROJECT
from store.rows import leases
from store.rows.access import projects
from store.rows.outbox import messages
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.webhooks import deliveries, registered
from store.webhooks.key import find_or_make_key
from store.webhooks.settings import WebhookSettings
from store.webhooks.signatures import new_salt, secret_of, secret_text
from tests.receivers import Receiver, receiving
from workers.context import Context
from workers.delivering.deliverer import Deliverer
from workers.delivering.message import UNIT
from workers.leasing.run_leased import carry_out_claimed
from workers.maintenance.sweep import sweep


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that answers 204."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def telling(context: Context, receiver: Receiver) -> Context:
    """A worker's context that may tell the receiver."""
    return _allowing(context, receiver)


def _allowing(context: Context, *receivers: Receiver, **settings: Any) -> Context:
    hosts = [each.host for each in receivers]
    return replace(context, webhooks=WebhookSettings(private_hosts=hosts, timeout_seconds=30, **settings))


def _register(context: Context, receiver: Receiver, project: str = DEFAULT_PROJECT) -> tuple[WebhookRow, str]:
    """A webhook to the receiver, and its secret as it is shown."""
    key, salt = find_or_make_key(context.webhooks, context.settings.data_dir), new_salt()
    with context.database.writing() as session:
        now = context.database.now(session)
        projects.create(session, project, now)
        row = registered.register(
            session, project, WebhookRequest(url=receiver.url), now, salt=salt, signing_key=key.name,
            created_by=None, limit=20,
        )  # fmt: skip
    return row, secret_text(secret_of(key, row.id, salt))


def _ping(context: Context, webhook: WebhookRow, count: int = 1) -> None:
    with context.database.writing() as session:
        for _ in range(count):
            messages.ping(session, webhook, context.database.now(session) - 1)


def _send(context: Context) -> None:
    """All that is due, to the end."""
    for thread in Deliverer(context).start_what_is_due():
        thread.join()


def _states(context: Context) -> list[str]:
    with context.database.reading() as session:
        return sorted(row.state for row in session.query(DeliveryRow).all())


def _make_due(context: Context) -> None:
    """Have time pass until whatever waits is due."""
    with context.database.writing() as session:
        session.execute(update(DeliveryRow).values(due_at=0.0))
        session.execute(update(WebhookRow).values(resume_at=None))


def test_what_is_sent_is_verified_by_the_reference_library(telling: Context, receiver: Receiver) -> None:
    """With the secret that was shown when the webhook was registered."""
    webhook, secret = _register(telling, receiver)
    _ping(telling, webhook)
    _send(telling)
    [received] = receiver.received
    payload = Webhook(secret).verify(received.body, received.headers)
    assert payload["type"] == "webhook.ping"
    assert payload["data"]["id"] == webhook.id
    assert _states(telling) == ["delivered"]


def test_every_message_is_sent_once(telling: Context, receiver: Receiver) -> None:
    """In the good case: more messages than there are threads, by two workers at once."""
    webhook, _ = _register(telling, receiver)
    _ping(telling, webhook, 40)
    threads = [thread for each in (Deliverer(telling), Deliverer(telling)) for thread in each.start_what_is_due()]
    for thread in threads:
        thread.join()
    _send(telling)
    assert len(receiver.received) == len({each.id for each in receiver.received}) == 40
    assert set(_states(telling)) == {"delivered"}


def test_a_message_is_sent_again_under_its_id_and_with_a_time_of_its_own(telling: Context, receiver: Receiver) -> None:
    """A receiver answers 500 and then 204."""
    webhook, secret = _register(telling, receiver)
    receiver.answers = [(500, {}, "not now")]
    _ping(telling, webhook)
    _send(telling)
    assert _states(telling) == ["queued"]
    _make_due(telling)
    _send(telling)
    first, second = receiver.received
    assert first.id == second.id
    assert first.body == second.body
    for each in (first, second):
        Webhook(secret).verify(each.body, each.headers)
    assert _states(telling) == ["delivered"]


def test_a_receiver_that_was_down_gets_what_it_missed(context: Context) -> None:
    """Nothing is lost while it is away."""
    with receiving() as away:
        port = away.port
    telling = _allowing(context, away)
    webhook, _ = _register(telling, away)
    _ping(telling, webhook, 5)
    for _ in range(3):
        _send(telling)
        _make_due(telling)
    assert _states(telling) == ["queued"] * 5
    with receiving(port) as back:
        _send(telling)
        assert len({each.id for each in back.received}) == 5
    assert _states(telling) == ["delivered"] * 5


def test_a_worker_that_is_killed_after_the_post_is_followed_by_another(telling: Context, receiver: Receiver) -> None:
    """The message comes twice, with the same id, and is not lost: between POST and record nobody knows."""
    webhook, _ = _register(telling, receiver)
    _ping(telling, webhook)

    def killed(*_: Any) -> None:
        raise SystemExit  # which nothing on the road catches, as nothing catches SIGKILL

    with telling.database.writing() as session:
        now = telling.database.now(session)
        turn = deliveries.claim_next(session, owner="lost", now=now, seconds=60)
        assert turn is not None
    with pytest.raises(SystemExit):
        carry_out_claimed(telling, turn, {UNIT.kind: replace(UNIT, record=killed)})
    assert _states(telling) == ["sending"]
    with telling.database.writing() as session:
        session.execute(update(DeliveryRow).values(lease_until=0.0))
    sweep(telling)
    _send(telling)
    first, second = receiver.received
    assert first.id == second.id
    assert _states(telling) == ["delivered"]


def test_a_slow_receiver_keeps_none_of_another_project_waiting(context: Context) -> None:
    """It is sent a few messages at a time, and others are sent theirs meanwhile."""
    gate = threading.Event()
    with receiving() as slow, receiving() as quick:
        slow.always = lambda: 204 if gate.wait(60) else 500
        telling = _allowing(context, slow, quick, at_once=6)
        for project, receiver in (("default", slow), ("others", quick)):
            webhook, _ = _register(telling, receiver, project)
            _ping(telling, webhook, 10)
        deliverer = Deliverer(telling)
        threads = deliverer.start_what_is_due()
        try:
            quick.wait_for(10)
            assert len(slow.received) <= deliveries.MAX_SENT_TO_ONE
        finally:
            gate.set()
        for thread in threads:
            thread.join()
        _send(telling)
        assert len(slow.received) == 10


def test_a_receiver_that_is_gone_is_told_nothing_more(telling: Context, receiver: Receiver) -> None:
    """410 disables the webhook at once."""
    webhook, _ = _register(telling, receiver)
    receiver.always = 410
    _ping(telling, webhook, 1)
    _send(telling)
    _ping(telling, webhook, 3)
    _send(telling)
    assert len(receiver.received) == 1
    with telling.database.reading() as session:
        assert session.get_one(WebhookRow, webhook.id).state == WebhookState.DISABLED
    sweep(telling)
    assert _states(telling) == ["failed"] * 4


def test_an_address_that_is_no_longer_allowed_is_not_told(telling: Context, receiver: Receiver) -> None:
    """It is checked at every attempt, and not only when it was registered."""
    webhook, _ = _register(telling, receiver)
    _ping(telling, webhook)
    _send(replace(telling, webhooks=WebhookSettings()))
    assert receiver.received == []
    with telling.database.reading() as session:
        [shown] = deliveries.page(session, webhook, 1.0, "", limit=1, cursor=None).items
    assert (shown.state, shown.attempts) == (DeliveryState.QUEUED, 1)
    assert "expected https" in (shown.error or "")


def test_nothing_is_sent_that_cannot_be_signed_properly(telling: Context, receiver: Receiver) -> None:
    """Another key than the secret was made of, or none: the message waits, and its owner is not told which."""
    webhook, _ = _register(telling, receiver)
    _ping(telling, webhook)
    other = WebhookSettings(private_hosts=[receiver.host], key="another key " * 4)
    _send(replace(telling, webhooks=other))
    assert receiver.received == []
    _make_due(telling)
    _send(telling)
    assert len(receiver.received) == 1


def test_during_a_rotation_messages_carry_two_signatures(telling: Context, receiver: Receiver) -> None:
    """And one again when it is over."""
    webhook, old = _register(telling, receiver)
    key, salt = find_or_make_key(telling.webhooks, telling.settings.data_dir), new_salt()
    with telling.database.writing() as session:
        row = session.get_one(WebhookRow, webhook.id)
        now = telling.database.now(session)
        registered.rotate(row, salt=salt, signing_key=key.name, overlap_hours=1, now=now)
    new = secret_text(secret_of(key, webhook.id, salt))
    _ping(telling, webhook)
    _send(telling)
    [during] = receiver.received
    for secret in (new, old):
        Webhook(secret).verify(during.body, during.headers)
    with telling.database.writing() as session:
        session.get_one(WebhookRow, webhook.id).old_secret_until = 1.0
    _ping(telling, webhook)
    _send(telling)
    after = receiver.received[-1]
    Webhook(new).verify(after.body, after.headers)
    assert len(after.headers["webhook-signature"].split(" ")) == 1


def test_a_webhook_that_is_deleted_while_it_is_sent_something_holds_nobody_up(
    telling: Context, receiver: Receiver
) -> None:
    """The attempt ends as it ends, and then nothing is left."""
    webhook, _ = _register(telling, receiver)
    began, gate = threading.Event(), threading.Event()

    def answer() -> int:
        began.set()
        return 500 if gate.wait(60) else 204

    receiver.always = answer
    _ping(telling, webhook, 1)
    threads = Deliverer(telling).start_what_is_due()
    assert began.wait(60)
    with telling.database.writing() as session:
        row = registered.find_locked(session, DEFAULT_PROJECT, webhook.id)
        assert row is not None
        registered.delete(session, row, telling.database.now(session))
    sweep(telling)
    gate.set()
    for thread in threads:
        thread.join()
    assert _states(telling) == ["failed"]
    sweep(telling)
    assert _states(telling) == []


def test_looking_costs_nothing_where_there_is_nothing(telling: Context) -> None:
    """No thread is started."""
    assert Deliverer(telling).start_what_is_due() == []


def test_a_lost_lease_is_found_by_the_sweep(telling: Context, receiver: Receiver) -> None:
    """As that of any unit of work."""
    webhook, _ = _register(telling, receiver)
    _ping(telling, webhook)
    with telling.database.writing() as session:
        assert deliveries.claim_next(session, owner="lost", now=telling.database.now(session), seconds=-1) is not None
    assert leases.DELIVERIES in leases.KINDS
    sweep(telling)
    assert _states(telling) == ["queued"]
