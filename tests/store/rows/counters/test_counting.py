"""Counting: what transactions have counted is shown at once, and in the sums once, whoever adds it up and when."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from store.database import Database
from store.rows.counters import counting, sums
from store.rows.counters.catalogue import CATALOGUE, LEASES_LOST, UNIT_WAIT, VERDICTS, Counted
from store.rows.counters.counting import Count
from store.rows.counters.tables import CounterRow, CountRow
from tests.store.rows.counters.counted import counted_in


def _steps() -> st.SearchStrategy[list[list[int] | None]]:
    """Transactions, each of which counts some numbers, and between them None: adding up."""
    return st.lists(st.none() | st.lists(st.integers(1, 5), max_size=3), max_size=8)


@settings(max_examples=25)
@given(steps=_steps())
def test_every_count_is_shown_once_whenever_it_is_added_up(emptied: Database, steps: list[list[int] | None]) -> None:
    """Before, after and between: the sum is that of what was counted."""
    expected = 0
    with emptied.writing() as session:
        for row in (CounterRow, CountRow):
            session.query(row).delete()
    for step in steps:
        with emptied.writing() as session:
            if step is None:
                counting.add_up(session)
            else:
                counting.note(session, [Count(VERDICTS, ("helps",), times=times) for times in step])
                expected += sum(step)
        shown = counted_in(emptied, VERDICTS)
        assert shown == ({("helps",): float(expected)} if expected else {})


def test_adding_up_leaves_nothing_to_be_added(database: Database) -> None:
    """However long it goes on, what is read for an answer stays small."""
    with database.writing() as session:
        for number in range(30):
            counting.count(session, LEASES_LOST, "trial" if number % 3 else "probe")
        counting.add_up(session)
        assert session.scalar(select(func.count()).select_from(CountRow)) == 0
        assert session.scalar(select(func.count()).select_from(CounterRow)) == 2
    assert counted_in(database, LEASES_LOST) == {("probe",): 10.0, ("trial",): 20.0}


def test_a_transaction_that_is_undone_has_counted_nothing(database: Database) -> None:
    """Counts say what is so."""
    try:
        with database.writing() as session:
            counting.count(session, LEASES_LOST, "trial")
            raise RuntimeError
    except RuntimeError:
        pass
    assert counted_in(database, LEASES_LOST) == {}


def test_a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed(database: Database) -> None:
    """As Prometheus has it: bounds belong to the bucket below them; what exceeds them all is in the last."""
    values = [0.1, 0.5, 0.6, 1e9]
    with database.writing() as session:
        counting.note(session, [Count(UNIT_WAIT, ("trial", "linear", "cpu"), value) for value in values])
    with database.reading() as session:
        found = sums.read(session)[UNIT_WAIT]["trial", "linear", "cpu"]
    assert found.by_bucket[:2] == (2.0, 1.0)
    assert found.by_bucket[-1] == 1.0
    assert (found.amount, found.total) == (4.0, sum(values))


def test_what_another_version_counts_is_passed_over(database: Database) -> None:
    """A service of before shows what it knows."""
    with database.writing() as session:
        counting.count(session, Counted("augury_of_tomorrow", "x", ("a",)), "b")
    with database.reading() as session:
        assert set(sums.read(session)) == set(CATALOGUE)


def test_names_are_what_prometheus_expects() -> None:
    """One of each, in its alphabet; what counts seconds says so; nothing ends in what the format adds."""
    names = [each.name for each in CATALOGUE]
    assert len(set(names)) == len(names)
    for each in CATALOGUE:
        assert each.name.startswith("augury_")
        assert each.name.replace("_", "").isalnum()
        assert each.name.islower()
        assert not each.name.endswith("_total")
        assert bool(each.bounds) == each.name.endswith("_seconds")
        assert list(each.bounds) == sorted(set(each.bounds))
