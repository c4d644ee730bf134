"""Whose turn it is: what one receiver, or one project, keeps busy, others do not wait for."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from store.database import Database
from store.rows.outbox import messages
from store.rows.outbox.tables import DeliveryRow
from store.rows.webhooks.deliveries import MAX_SENT_OF_PROJECT, MAX_SENT_TO_ONE, is_any_due
from tests.store.databases import NOW, migrated_copy
from tests.store.rows.webhooks.telling import claim_next, new_webhook
from tests.store.statements import statements


def _told(database: Database, project: str, count: int) -> str:
    with database.writing() as session:
        webhook = new_webhook(session, project=project)
        for _ in range(count):
            messages.ping(session, webhook, NOW)
        return webhook.id


def _claimed(database: Database) -> DeliveryRow | None:
    lease = claim_next(database, NOW + 1)
    if lease is None:
        return None
    with database.reading() as session:
        return session.get_one(DeliveryRow, lease.row_id)


def test_one_receiver_is_sent_a_few_messages_at_a_time(database: Database) -> None:
    """The others of its messages wait until one of these is over."""
    _told(database, "default", MAX_SENT_TO_ONE + 3)
    assert [_claimed(database) is not None for _ in range(MAX_SENT_TO_ONE + 1)] == [True] * MAX_SENT_TO_ONE + [False]
    with database.reading() as session:
        assert not is_any_due(session, NOW + 1)


def test_a_project_of_many_dead_receivers_leaves_room_for_others(database: Database) -> None:
    """However many it has, and however much waits for them."""
    for _ in range(5):
        _told(database, "default", 10)
    taken = [_claimed(database) for _ in range(MAX_SENT_OF_PROJECT)]
    assert all(taken)
    assert _claimed(database) is None
    _told(database, "others", 1)
    found = _claimed(database)
    assert found is not None
    assert found.project_id == "others"


def test_next_is_a_project_to_which_the_least_is_sent(database: Database) -> None:
    """A crowd of messages that came first does not go first."""
    for _ in range(2):
        _told(database, "default", 10)
    _told(database, "others", 2)
    found = [_claimed(database) for _ in range(4)]
    assert sorted(each.project_id for each in found if each is not None) == ["default"] * 2 + ["others"] * 2


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 6)), max_size=8))
def test_nobody_is_left_out_and_no_limit_is_passed(told: list[tuple[str, int]]) -> None:
    """Whatever waits: all that may be sent is, and no more."""
    with tempfile.TemporaryDirectory() as folder:
        database = migrated_copy(Path(folder))
        for project, count in told:
            _told(database, project, count)
        taken: dict[str, int] = {}
        while (found := _claimed(database)) is not None:
            taken[found.project_id] = taken.get(found.project_id, 0) + 1
        for project in {project for project, _ in told}:
            could = sum(min(count, MAX_SENT_TO_ONE) for each, count in told if each == project)
            assert taken.get(project, 0) == min(could, MAX_SENT_OF_PROJECT)
        database.close()


def test_looking_for_messages_reads_no_history(database: Database) -> None:
    """It is asked every second: indexes of what waits and of what is sent are enough."""
    _told(database, "default", 1)
    with statements(database) as asked:
        assert _claimed(database) is not None
    selects = [each for each in asked if each.lstrip().upper().startswith("SELECT")]
    with database.reading() as session:
        for statement in selects:
            nothing = (0.0,) * statement.count("?")
            plan = session.connection().exec_driver_sql(f"explain query plan {statement}", nothing)
            steps = [row[3] for row in plan]
            scans = {each for each in steps if each.startswith("SCAN webhook_deliveries")}
            assert scans <= {"SCAN webhook_deliveries USING INDEX leased_deliveries"}
