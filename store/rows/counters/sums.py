"""What was counted, as it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from store.rows.counters.catalogue import CATALOGUE, Counted
from store.rows.counters.tables import CounterRow, CountRow


@dataclass(frozen=True)
class Sum:
    """What was counted for some values of the labels."""

    amount: float
    total: float
    by_bucket: tuple[float, ...]
    """How many values are in each bucket, the one without an upper bound last; not those below added."""


SumsOfAll = Mapping[Counted, Mapping[tuple[str, ...], Sum]]


def read(session: Session) -> SumsOfAll:
    """All sums, with what has not been added to them yet: one statement, so that nothing is in both or in neither."""
    found: dict[Counted, dict[tuple[str, ...], dict[int, tuple[float, float]]]] = {
        each: {values: {} for values in each.always} for each in CATALOGUE
    }
    by_name = {each.name: each for each in CATALOGUE}
    columns = ("name", "label_values", "bucket", "amount", "total")
    parts = (select(*(getattr(row, name) for name in columns)) for row in (CounterRow, CountRow))
    every = union_all(*parts).subquery()
    series = (every.c.name, every.c.label_values, every.c.bucket)
    for name, values, bucket, amount, total in session.execute(
        select(*series, func.sum(every.c.amount), func.sum(every.c.total)).group_by(*series).order_by(*series)
    ):
        counted = by_name.get(name)
        if counted is not None:  # else another version counts it
            found[counted].setdefault(tuple(json.loads(values)), {})[bucket] = amount, total
    return {
        counted: {values: _sum(counted, buckets) for values, buckets in by_values.items()}
        for counted, by_values in found.items()
    }


def _sum(counted: Counted, buckets: Mapping[int, tuple[float, float]]) -> Sum:
    amounts = tuple(buckets.get(index, (0.0, 0.0))[0] for index in range(len(counted.bounds) + 1))
    return Sum(sum(amounts), sum(total for _, total in buckets.values()), amounts)
