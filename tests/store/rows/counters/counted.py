"""What was counted, for tests to look at."""

from __future__ import annotations

from store.database import Database
from store.rows.counters import sums
from store.rows.counters.catalogue import Counted


def counted_in(database: Database, counted: Counted) -> dict[tuple[str, ...], float]:
    """How many, by the values of the labels; nothing where there were none."""
    with database.reading() as session:
        return {values: found.amount for values, found in sums.read(session)[counted].items() if found.amount}
