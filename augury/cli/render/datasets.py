"""Datasets for a terminal: a list of them, and the facts of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api_schemas.datasets.dataset import Dataset, DatasetFacts, DatasetList
from augury.cli.render.tables import plain_table
from augury.wording import listed, source_of

_MAX_ROWS = 20
_DIGEST = re.compile(r"^(sha256:[0-9a-f]{12})[0-9a-f]+$")


def render_datasets(datasets: DatasetList) -> RenderableType:
    """One line per dataset, newest first."""
    if not datasets.items:
        return Text("No datasets.")
    table = plain_table()
    for heading in ("dataset", "state", "images", "classes", "size", "reference"):
        table.add_column(heading, overflow="fold")
    table.columns[0].no_wrap = True
    for dataset in datasets.items:
        facts = dataset.facts
        counted = ("-", "-", "-") if facts is None else (str(facts.images), str(len(facts.classes)), _shape(facts))
        source = _DIGEST.sub(r"\1…", source_of(dataset.reference))
        table.add_row(dataset.id, dataset.state, *counted, Text(source))
    more = [Text("There are more; raise --limit to see them.")] if datasets.next_cursor else []
    return Group(table, *more)


def render_dataset(dataset: Dataset) -> RenderableType:
    """Everything that is known about a dataset."""
    parts: list[RenderableType] = [Text(f"{dataset.id}  {dataset.state}  {source_of(dataset.reference)}")]
    if dataset.error is not None:
        parts.append(Text(reason(dataset)))
    if dataset.progress:
        parts.append(Text(step(dataset)))
    if dataset.facts is not None:
        parts += _facts(dataset.facts)
    return Group(*parts)


def reason(dataset: Dataset) -> str:
    """Why a dataset failed, with the rule that the guide explains."""
    assert dataset.error is not None
    return f"{dataset.error.message} ({dataset.error.rule or dataset.error.failure_class})"


def step(dataset: Dataset) -> str:
    """What an ingestion is at."""
    progress = dataset.progress
    if not progress:
        return str(dataset.state)
    total = f"/{progress['total']}" if progress.get("total") else ""
    return f"{progress.get('step')} {progress.get('done')}{total}"


def _facts(facts: DatasetFacts) -> Iterator[RenderableType]:
    low, high = facts.value_range
    yield Text(
        f"{facts.images} images of {_shape(facts)} ({facts.dtype}), values {low:g} to {high:g}, "
        f"mean {_numbers(facts.channel_mean)}, deviation {_numbers(facts.channel_std)}"
    )
    yield Text()
    yield _classes(facts)
    if len(facts.classes) > _MAX_ROWS:
        yield Text(f"and {len(facts.classes) - _MAX_ROWS} more classes; --json shows all")
    yield Text()
    for title, counts in (("source sizes", facts.sizes), ("file types", facts.extensions)):
        if counts:
            yield Text(f"{title}: {_counts(counts)}")
    if facts.groups is not None:
        yield Text(f"groups: {facts.groups}")
    if facts.duplicates or facts.near_constant:
        yield Text(
            f"duplicates: {facts.duplicates} ({facts.duplicates_with_other_label} with another label, "
            f"{facts.duplicates_across_splits} across splits); nearly constant: {facts.near_constant}"
        )
    yield from (Text(f"warning: {warning}", style="yellow") for warning in facts.warnings)


def _classes(facts: DatasetFacts) -> Table:
    table = plain_table()
    table.add_column("class", overflow="fold")
    for heading in ("images", *facts.splits):
        table.add_column(heading, justify="right")
    for name, count in list(facts.classes.items())[:_MAX_ROWS]:
        table.add_row(Text(name), str(count), *(str(split.get(name, 0)) for split in facts.splits.values()))
    return table


def _shape(facts: DatasetFacts) -> str:
    return "×".join(map(str, facts.shape))


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


def _counts(counts: Mapping[str, int]) -> str:
    """The most frequent few."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return listed([f"{name} ({count})" for name, count in ordered], 8)
