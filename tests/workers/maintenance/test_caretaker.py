"""What every process that works does beside it."""

from __future__ import annotations

from store.rows.upkeep import workers_seen
from workers.context import Context
from workers.maintenance.caretaker import go_round


def test_a_worker_says_that_it_is_there(context: Context) -> None:
    """By the database's clock."""
    go_round(context.settings, number=1)
    with context.database.reading() as session:
        assert workers_seen.absence(session, "cpu", context.database.now(session)) is None


def test_a_round_clears_away_what_ended_work_left_on_this_machine(context: Context) -> None:
    """A workspace that no lease has; it is done by whoever works on that machine."""
    left = context.settings.data_dir / "ingest" / "lease_lost" / "half.npy"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    go_round(context.settings, number=1)
    assert left.exists()
    go_round(context.settings, number=6)
    assert not left.exists()
