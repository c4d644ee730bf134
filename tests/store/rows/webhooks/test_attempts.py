"""What attempts lead to: messages are tried for days, receivers that are away are not kept being asked."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import WebhookPatch, WebhookState
from store.database import Database
from store.rows import leases
from store.rows.outbox import messages
from store.rows.outbox.tables import WebhookRow
from store.rows.webhooks import attempts, deliveries, registered
from store.rows.webhooks.attempts import Attempt
from store.rows.webhooks.pauses import FAILURES_OF_AN_ABSENCE, JITTER, PAUSES, pause_after, rest_after
from tests.store.databases import NOW
from tests.store.rows.webhooks.telling import (
    ABSENT,
    GONE,
    HOUR,
    OK,
    REFUSED,
    WINDOW,
    attempt,
    claim_next,
    new_webhook,
    states,
    told,
)

QUEUED, DELIVERED, FAILED = DeliveryState.QUEUED, DeliveryState.DELIVERED, DeliveryState.FAILED


def _webhook_with(database: Database, count: int) -> WebhookRow:
    with database.writing() as session:
        webhook = new_webhook(session)
        for number in range(count):
            messages.ping(session, webhook, NOW + number / 1000)
            session.flush()
        return webhook


def _now(database: Database, webhook: WebhookRow) -> WebhookRow:
    with database.reading() as session:
        return session.get_one(WebhookRow, webhook.id)


def test_a_message_is_delivered_once(database: Database) -> None:
    """After a success nothing of it is due any more."""
    webhook = _webhook_with(database, 1)
    assert attempt(database, OK, NOW + 1) is not None
    assert states(database, webhook) == [DELIVERED]
    assert attempt(database, OK, NOW + 10 * HOUR) is None


def test_a_message_that_is_refused_is_tried_again_after_growing_pauses(database: Database) -> None:
    """The same message, with the same id, until it arrives; what came of the last attempt is shown."""
    webhook = _webhook_with(database, 1)
    first = attempt(database, REFUSED, NOW + 1)
    assert attempt(database, REFUSED, NOW + 1 + PAUSES[0] - 0.1) is None
    assert attempt(database, REFUSED, NOW + 1 + PAUSES[0]) == first
    with database.reading() as session:
        [shown] = deliveries.page(session, webhook, WINDOW, "https://augury.example", limit=9, cursor=None).items
    assert (shown.state, shown.attempts, shown.status_code) == (QUEUED, 2, 500)
    assert shown.error == "the receiver answered 500"
    assert shown.next_attempt_at == "2027-01-15T08:00:36.000Z"
    assert shown.payload["data"]["url"] == f"https://augury.example/v1/webhooks/{webhook.id}"
    assert attempt(database, OK, NOW + HOUR) == first
    assert states(database, webhook) == [DELIVERED]


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_within_bounds(tries: int, drawn: float) -> None:
    """In the middle none is shorter than the one before; each is off that by a fifth at most."""
    middle = pause_after(tries, 0.5)
    assert pause_after(tries + 1, 0.5) >= middle
    assert (1 - JITTER) * middle <= pause_after(tries, drawn) <= (1 + JITTER) * middle <= (1 + JITTER) * PAUSES[-1]


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_rests_begin_with_an_absence_and_stay_short(failures: int, drawn: float) -> None:
    """So that one that is back hears of it within minutes."""
    rest = rest_after(failures, drawn)
    assert (rest > 0) == (failures >= FAILURES_OF_AN_ABSENCE)
    assert rest <= 300 * (1 + JITTER)
    assert rest_after(failures + 1, drawn) >= rest


def test_a_message_is_tried_about_a_dozen_times_in_three_days() -> None:
    """By the pauses alone: often at first, and then every half day."""
    ends = list(itertools.takewhile(lambda end: end < WINDOW, itertools.accumulate(map(_middle, range(1, 50)))))
    assert 12 <= len(ends) <= 20


def _middle(tries: int) -> float:
    return pause_after(tries, 0.5)


def test_a_receiver_that_is_away_costs_as_little_as_its_first_messages(database: Database) -> None:
    """After three failures it is left alone, whatever waits, and then asked with one message at a time."""
    webhook = _webhook_with(database, 10)
    for _ in range(FAILURES_OF_AN_ABSENCE):
        assert attempt(database, ABSENT, NOW + 1) is not None
    assert attempt(database, ABSENT, NOW + 2) is None
    row = _now(database, webhook)
    assert row.resume_at == NOW + 6
    assert claim_next(database, NOW + 6) is not None
    assert claim_next(database, NOW + 6) is None


def test_a_receiver_that_is_back_gets_at_once_what_waits_for_it(database: Database) -> None:
    """Messages that were to be tried again in hours are not held back any longer."""
    webhook = _webhook_with(database, 4)
    now = NOW + 1
    for _ in range(20):
        now += 400
        attempt(database, ABSENT, now)
    while attempt(database, OK, now) is None:
        now += 400
    assert [attempt(database, OK, now + 1) is not None for _ in range(4)] == [True, True, True, False]
    assert set(states(database, webhook)) == {DELIVERED}
    row = _now(database, webhook)
    assert (row.failures, row.failing_since, row.resume_at) == (0, None, None)


def test_one_message_that_a_receiver_cannot_take_holds_up_no_other(database: Database) -> None:
    """Others are delivered between its attempts."""
    webhook = _webhook_with(database, 3)
    assert [attempt(database, REFUSED, NOW + 1), attempt(database, OK, NOW + 1), attempt(database, OK, NOW + 1)]
    assert states(database, webhook) == [QUEUED, DELIVERED, DELIVERED]


def test_a_message_is_given_up_after_three_days_and_a_dead_receiver_with_it(database: Database) -> None:
    """The webhook is disabled, says why, and the project's others are told of it."""
    webhook = _webhook_with(database, 1)
    with database.writing() as session:
        other, others_project = new_webhook(session), new_webhook(session, project="others")
    now, tries = NOW + 1, 0
    while states(database, webhook) == [QUEUED]:
        tries += attempt(database, ABSENT, now) is not None
        now += 250
    assert NOW + WINDOW <= now <= NOW + WINDOW + 1000
    assert tries > 10
    assert states(database, webhook) == [FAILED]
    row = _now(database, webhook)
    assert (row.state, row.disabled_reason) == (WebhookState.DISABLED, "nothing was delivered for 72 hours")
    with database.reading() as session:
        assert [each.type for each in told(session, other)] == ["webhook.disabled"]
        assert told(session, others_project) == []


def test_a_receiver_that_takes_other_messages_is_not_disabled(database: Database) -> None:
    """One message alone has failed."""
    webhook = _webhook_with(database, 1)
    attempt(database, REFUSED, NOW + 1)
    with database.writing() as session:
        messages.ping(session, webhook, NOW + WINDOW - 2 * HOUR)
    for outcome in (REFUSED, OK):  # the older one is tried first
        assert attempt(database, outcome, NOW + WINDOW - 2 * HOUR) is not None
    assert attempt(database, REFUSED, NOW + WINDOW + 1) is not None
    assert sorted(states(database, webhook)) == [DELIVERED, FAILED]
    assert _now(database, webhook).state == WebhookState.ACTIVE


def test_410_disables_at_once(database: Database) -> None:
    """As the standard has it: who is gone is not asked again, and what waits is given up."""
    webhook = _webhook_with(database, 3)
    attempt(database, GONE, NOW + 1)
    assert _now(database, webhook).state == WebhookState.DISABLED
    assert attempt(database, OK, NOW + 2) is None
    with database.writing() as session:
        assert deliveries.give_up_undeliverable(session, NOW + 2, WINDOW, 100) == 2
    assert states(database, webhook) == [FAILED] * 3


def test_a_message_of_which_the_lease_is_lost_changes_nothing(database: Database) -> None:
    """Somebody else sends it again, under the same id."""
    webhook = _webhook_with(database, 1)
    lease = claim_next(database, NOW + 1)
    assert lease is not None
    with database.writing() as session:
        assert leases.expire(session, leases.DELIVERIES, now=NOW + 60, max_attempts=3) == [lease.row_id]
    with database.writing() as session:
        assert not attempts.record(session, lease, REFUSED, NOW + 61, window=WINDOW, drawn=0.5)
    assert _now(database, webhook).failures == 0
    assert attempt(database, OK, NOW + 61) == lease.row_id


def test_workers_that_are_lost_between_attempts_are_not_added_up(database: Database) -> None:
    """A message is tried far more often than a unit of work may lose its worker."""
    webhook = _webhook_with(database, 1)
    now = NOW
    for _ in range(5):
        now += 13 * HOUR if now > NOW else 1
        assert claim_next(database, now) is not None
        with database.writing() as session:
            leases.expire(session, leases.DELIVERIES, now=now + 60, max_attempts=3)
        if now < NOW + 50 * HOUR:
            assert attempt(database, Attempt(500, "no"), now + 60) is not None
    assert states(database, webhook) == [QUEUED]


def test_a_message_that_is_over_can_be_sent_again_under_its_id(database: Database) -> None:
    """It has days again; one that is still on its way cannot."""
    webhook = _webhook_with(database, 1)
    with database.writing() as session:
        [row] = told(session, webhook)
        assert not deliveries.repeat(session, row, NOW)
    first = attempt(database, OK, NOW + 1)
    with database.writing() as session:
        [row] = told(session, webhook)
        assert deliveries.repeat(session, row, NOW + 100 * HOUR)
    assert attempt(database, REFUSED, NOW + 100 * HOUR) == first
    assert states(database, webhook) == [QUEUED]


def test_activating_forgives(database: Database) -> None:
    """Whoever brings a webhook back has seen to its receiver: what waits is tried at once."""
    webhook = _webhook_with(database, 1)
    for _ in range(5):
        attempt(database, ABSENT, NOW + 200 * 1)
    with database.writing() as session:
        row = registered.find_locked(session, webhook.project_id, webhook.id)
        assert row is not None
        registered.change(session, row, WebhookPatch(state="paused"), NOW + 300)
    assert attempt(database, OK, NOW + 10 * HOUR) is None
    with database.writing() as session:
        row = registered.find_locked(session, webhook.project_id, webhook.id)
        assert row is not None
        registered.change(session, row, WebhookPatch(state="active"), NOW + 400)
        assert row.failing_since is None
    assert attempt(database, OK, NOW + 400) is not None


@pytest.mark.parametrize("how", ["too old", "deleted"])
def test_what_is_over_is_forgotten(database: Database, how: str) -> None:
    """Messages after so many days, and with a webhook that was deleted all that it was told, and itself."""
    webhook = _webhook_with(database, 2)
    attempt(database, OK, NOW + 1)
    with database.writing() as session:
        if how == "deleted":
            registered.delete(session, webhook, NOW + 2)
        deliveries.forget(session, NOW + 10, 100)
    with database.reading() as session:
        assert len(told(session, webhook)) == (0 if how == "deleted" else 1)
        assert (session.get(WebhookRow, webhook.id) is None) == (how == "deleted")


def test_what_never_had_its_turn_is_given_up(database: Database) -> None:
    """A webhook that is paused for longer than messages are tried does not keep them for ever."""
    webhook = _webhook_with(database, 1)
    with database.writing() as session:
        row = registered.find_locked(session, webhook.project_id, webhook.id)
        assert row is not None
        registered.change(session, row, WebhookPatch(state="paused"), NOW)
    with database.writing() as session:
        assert deliveries.give_up_undeliverable(session, NOW + WINDOW, WINDOW, 100) == 0
        assert deliveries.give_up_undeliverable(session, NOW + WINDOW + 2 * HOUR, WINDOW, 100) == 1
    assert states(database, webhook) == [FAILED]
