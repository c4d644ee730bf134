"""On PostgreSQL, where many write at once: who has locked what, nobody waits for ever for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select, text

from api_schemas.webhooks.webhook import WebhookPatch
from augury.planning.comparison import plan_comparison
from store.database import Database
from store.rows import jobs, leases, plans, trials
from store.rows.outbox import messages
from store.rows.tables import JobRow, TrialRow
from store.rows.webhooks import attempts, deliveries, registered
from tests.store.databases import NOW, claim, comparison, new_job, ready_dataset, running_job
from tests.store.rows.webhooks.telling import OK, WINDOW, claim_next, new_webhook, told

SPECS = {f"turn{degrees}": {"rotation_range": degrees, "rescale": 1 / 255} for degrees in range(1, 13)}


@pytest.fixture(scope="module")
def server(new_postgres: Callable[[], str]) -> Iterator[Database]:
    """A PostgreSQL with the newest schema."""
    database = Database(new_postgres())
    yield database
    database.close()


def test_who_ends_a_unit_passes_over_a_job_that_is_locked(server: Database) -> None:
    """It has the unit, for which the other may be waiting; the job is cancelled when it is next looked at."""
    with server.writing() as session:
        job = running_job(session)
        lease = claim(session, trials.of_job(session, job.id)[0][1])
        assert jobs.cancel(session, job, NOW) == "cancelling"
    with server.writing() as planner:
        assert jobs.locked(planner, job.id) is not None
        with server.writing() as worker:
            worker.execute(text("set local lock_timeout = '5s'"))
            leases.finish(worker, lease, "cancelled", now=NOW)
            jobs.settle_cancelled(worker, lease.row_id, NOW)
    with server.writing() as session:
        assert session.get_one(JobRow, job.id).state == "cancelling"
        jobs.settle_cancelled(session, lease.row_id, NOW)
        assert session.get_one(JobRow, job.id).state == "cancelled"


def test_planners_that_want_the_same_trials_at_once_share_them(server: Database) -> None:
    """Whatever their order of arms: they neither wait for each other in a circle nor make a trial twice."""
    with server.writing() as session:
        dataset = ready_dataset(session)
        before = session.scalar(select(func.count()).select_from(TrialRow)) or 0
        waiting = []
        for specs in (SPECS, dict(reversed(SPECS.items()))):
            request = comparison(specs, evaluation={"seeds": 30, "first_seed": 500})
            waiting.append((new_job(session, request).id, request))
    together = Barrier(len(waiting))

    def fill(number: int) -> None:
        job_id, request = waiting[number]
        is_filled = False
        together.wait(timeout=30)
        while not is_filled:
            with server.writing() as session:
                session.execute(text("set local lock_timeout = '20s'"))
                is_filled = plans.fill(session, job_id, request, plan_comparison(request, "uint8"), dataset, NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, range(2)))
    with server.reading() as session:
        filled = [plans.slots_by_state(session, job_id) for job_id, _ in waiting]
        assert filled == [{"queued": 13 * 30}] * 2
        assert session.scalar(select(func.count()).select_from(TrialRow)) == before + 13 * 30


def test_an_event_is_told_while_an_attempt_is_being_recorded(server: Database) -> None:
    """Who records holds the webhook; jobs that end meanwhile do not wait for that."""
    with server.writing() as session:
        webhook, job = new_webhook(session), running_job(session)
    with server.writing() as worker:
        assert registered.locked(worker, webhook.id) is not None
        with server.writing() as planner:
            planner.execute(text("set local lock_timeout = '5s'"))
            assert jobs.succeed(planner, job.id, None, NOW)
    with server.reading() as session:
        assert "job.succeeded" in {each.type for each in told(session, webhook)}


def test_workers_that_send_at_once_send_each_message_once(server: Database) -> None:
    """Whoever changes or disables webhooks meanwhile, nobody waits in a circle, and nothing is claimed twice."""
    with server.writing() as session:
        webhooks = [new_webhook(session, project=f"sends{number}") for number in range(3)]
        for webhook in webhooks * 4:
            messages.ping(session, webhook, NOW)
        session.flush()
        due = {message.id for webhook in webhooks for message in told(session, webhook)}
    together = Barrier(4)

    def send(number: int) -> list[str]:
        sent = []
        together.wait()
        while (lease := claim_next(server, NOW + 1)) is not None:
            with server.writing() as session:
                session.execute(text("set local lock_timeout = '20s'"))
                assert attempts.record(session, lease, OK, NOW + 1, window=WINDOW, drawn=0.5)
            sent.append(lease.row_id)
            with server.writing() as session:
                row = registered.find_locked(session, "sends0", webhooks[0].id)
                assert row is not None
                registered.change(session, row, WebhookPatch(description=f"by {number}"), NOW)
                deliveries.bring_forward(session, row, NOW)
        return sent

    with ThreadPoolExecutor(4) as pool:
        sent = [message for each in pool.map(send, range(4)) for message in each]
    while (late := claim_next(server, NOW + 1)) is not None:  # passed over while another was claiming beside it
        sent.append(late.row_id)
    assert len(sent) == len(set(sent))
    assert len(due) == 12
    assert due <= set(sent)


def test_postgresql_gives_up_and_forgets_messages_as_sqlite_does(server: Database) -> None:
    """By the same statements."""
    with server.writing() as session:
        webhook, other = new_webhook(session, project="forgets"), new_webhook(session, project="forgets")
        for each in (webhook, other):
            messages.ping(session, each, NOW)
        assert registered.disable(session, webhook, "for a test", NOW)
        registered.delete(session, other, NOW)
    with server.writing() as session:
        assert deliveries.give_up_undeliverable(session, NOW, WINDOW, 100) == 1
        deliveries.forget(session, NOW - 1, 100)
    with server.reading() as session:
        assert [each.state for each in told(session, webhook)] == ["failed"]
        assert told(session, other) == []
