"""Counting, in the transaction of what is counted, and adding up what was."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from store.database import insert_into
from store.rows.counters.catalogue import Counted
from store.rows.counters.tables import CounterRow, CountRow

_MAX_AT_ONCE = 10_000
_MAX_REMEMBERED = 2_000

Series = tuple[str, str, int]
"""A name, the values of its labels as they are stored, and a bucket."""
Sums = Mapping[Series, tuple[float, float]]
"""Of each series the amount and the total."""


@dataclass(frozen=True)
class Count:
    """Something that has happened."""

    counted: Counted
    values: tuple[str, ...]
    """Of the labels, in their order."""
    measured: float | None = None
    """Of a distribution."""
    times: int = 1

    @property
    def series(self) -> Series:
        """Where it is added."""
        assert len(self.values) == len(self.counted.labels), self.counted.name
        bucket = 0 if self.measured is None else bisect_left(self.counted.bounds, self.measured)
        return self.counted.name, _stored(self.values), bucket

    @property
    def sums(self) -> tuple[float, float]:
        """What it adds."""
        return float(self.times), 0.0 if self.measured is None else self.measured * self.times


@lru_cache(_MAX_REMEMBERED)
def _stored(values: tuple[str, ...]) -> str:
    """Labels as they are stored: the same few all the time, as they come from short lists."""
    return json.dumps(values)


def count(session: Session, counted: Counted, *values: str, times: int = 1) -> None:
    """Count what is done in this transaction, once it is committed."""
    note(session, [Count(counted, values, times=times)])


def note(session: Session, counts: Iterable[Count]) -> None:
    """Count all of these."""
    rows = [_row(each.series, each.sums) for each in counts]
    if rows:
        session.execute(insert(CountRow), rows)


def add_up(session: Session) -> None:
    """Add to the sums what transactions have counted. Each count is added once, whoever else does this."""
    first = select(CountRow.id).where(CountRow.id > 0).order_by(CountRow.id).limit(_MAX_AT_ONCE)
    columns = (CountRow.name, CountRow.label_values, CountRow.bucket, CountRow.amount, CountRow.total)
    statement = delete(CountRow).where(CountRow.id.in_(first.scalar_subquery())).returning(*columns)
    rows = session.execute(statement.execution_options(synchronize_session=False)).all()
    add(session, summed(((name, values, bucket), (amount, total)) for name, values, bucket, amount, total in rows))


def summed(each: Iterable[tuple[Series, tuple[float, float]]]) -> Sums:
    """The sums of those of the same series."""
    sums: defaultdict[Series, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for series, (amount, total) in each:
        sums[series] = sums[series][0] + amount, sums[series][1] + total
    return sums


def add(session: Session, sums: Sums) -> None:
    """Add to the sums at once, for who counts by itself: in a transaction that does nothing else."""
    if not sums:
        return
    rows = [_row(series, sums[series]) for series in sorted(sums)]  # in one order, so that nobody waits in a circle
    statement = insert_into(session, CounterRow)
    more = {name: getattr(CounterRow, name) + statement.excluded[name] for name in ("amount", "total")}
    session.execute(statement.on_conflict_do_update(index_elements=["name", "label_values", "bucket"], set_=more), rows)


def _row(series: Series, sums: tuple[float, float]) -> dict[str, object]:
    return dict(zip(("name", "label_values", "bucket", "amount", "total"), (*series, *sums), strict=True))
