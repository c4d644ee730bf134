"""What is shown, family by family: a table of functions, each of which makes some of what was seen."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from service.observation import Seen
from store.rows.views.standing import Group


class Shown(Collector):
    """The families of what was seen, for the encoders of the Prometheus client."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        """Every family, in the order of the table."""
        for families in FAMILIES:
            yield from families(self._seen)


def _health(seen: Seen) -> Iterator[Metric]:
    yield GaugeMetricFamily("augury_database_up", "Whether the database answers and has the schema of this version.",
                            value=float(seen.checks["database"]))  # fmt: skip
    yield GaugeMetricFamily("augury_broker_up", "Whether the broker answers.", value=float(seen.checks["broker"]))
    build = GaugeMetricFamily("augury_build_info", "The version that answers; always 1.", labels=["version", "python"])
    build.add_metric([version("augury"), platform.python_version()], 1.0)
    yield build


def _work(seen: Seen) -> Iterator[Metric]:
    if seen.standing is None:
        return
    yield _of_groups("augury_units", "Units of work that are not over.", seen.standing.units, lambda each: each.count)
    yield _of_groups(
        "augury_units_oldest_seconds",
        "Since the oldest unit of work that is not over was due.",
        seen.standing.units,
        lambda each: each.oldest_seconds,
    )
    yield _of_groups("augury_jobs", "Jobs that are not over.", seen.standing.jobs, lambda each: each.count)
    yield _of_groups(
        "augury_jobs_oldest_seconds",
        "Since the oldest job that is not over was accepted.",
        seen.standing.jobs,
        lambda each: each.oldest_seconds,
    )


def _of_groups(name: str, says: str, groups: tuple[Group, ...], value: Callable[[Group], float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=["kind", "device", "state"])
    for each in groups:
        family.add_metric([each.kind, each.device, each.state], value(each))
    return family


def _upkeep(seen: Seen) -> Iterator[Metric]:
    if seen.standing is None:
        return
    swept = GaugeMetricFamily("augury_last_sweep_timestamp_seconds", "When lost work was last looked for, to the end.")
    if seen.standing.swept_at is not None:
        swept.add_metric([], seen.standing.swept_at)
    yield swept
    says = "When a worker of a kind was last seen, whichever it was."
    workers = GaugeMetricFamily("augury_worker_seen_timestamp_seconds", says, labels=["worker"])
    for kind, seen_at in seen.standing.workers_seen_at.items():
        workers.add_metric([kind], seen_at)
    yield workers


def _broker(seen: Seen) -> Iterator[Metric]:
    if seen.messages is None:
        return
    messages = GaugeMetricFamily(
        "augury_broker_messages", "Messages that wait in a queue of the broker.", labels=["queue"]
    )
    for queue, count in seen.messages.items():
        messages.add_metric([queue], count)
    yield messages


def _sums(seen: Seen) -> Iterator[Metric]:
    for counted, by_values in (seen.sums or {}).items():
        family: CounterMetricFamily | HistogramMetricFamily
        if not counted.bounds:
            family = CounterMetricFamily(counted.name, counted.says, labels=counted.labels)
            for values, found in by_values.items():
                family.add_metric(values, found.amount)
        else:
            family = HistogramMetricFamily(counted.name, counted.says, labels=counted.labels)
            bounds = [*map(str, counted.bounds), "+Inf"]
            for values, found in by_values.items():
                buckets = list(zip(bounds, accumulate(found.by_bucket), strict=True))
                family.add_metric(values, buckets, sum_value=found.total)
        yield family


FAMILIES: tuple[Callable[[Seen], Iterator[Metric]], ...] = (_health, _work, _upkeep, _broker, _sums)
"""What is shown besides is a function here."""
