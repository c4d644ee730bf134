"""A report for a terminal, 80 columns wide or more: first as a picture, then in words, then in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api_schemas.reports.report import ArmReport, CandidateReport, Report, SeedResult
from augury.cli.render.forest import forest
from augury.cli.render.report_text import VERDICT_STYLES, explanation, linted, recommended, with_interval
from augury.cli.render.tables import plain_table
from augury.reporting.contents import (
    arms_notes,
    failures_by_reason,
    has_augmentation,
    method_sentences,
    preprocesses_as_baseline,
    trained_trials,
)
from augury.reporting.sections import sections_of
from augury.reporting.sections.section import Section
from augury.wording import count, listed

WIDE_COLUMNS = 100
"""From here on a difference and its interval fit on one line."""

MAX_SEEDS_LISTED = 10
MAX_NAME_LENGTH = 26
MAX_KEPT_WHOLE = 16
"""Cells of a line's name up to which it is never broken: the numbers beside it have room enough."""
_ARM = "Arm"
"""What sections call the column of arms."""


def render(report: Report, width: int) -> RenderableType:
    """The whole report, for a terminal of *width* columns."""
    is_wide = width >= WIDE_COLUMNS
    candidates: list[RenderableType] = [_candidates(report.candidates, is_wide=is_wide), Text()]
    return Group(
        *forest(report, width),
        *explanation(report),
        Text(),
        *(candidates if report.candidates else []),
        _arms(report.arms, arms_notes(report), is_wide=is_wide),
        Text(),
        *_failures(report.arms),
        *linted(report),
        *recommended(report),
        *(line for section in sections_of(report) for line in _section(section)),
        Text(" ".join(method_sentences(report))),
        _cost_line(report),
    )


def _section(section: Section) -> Iterator[RenderableType]:
    """Its sentences and tables under its heading."""
    yield Text(section.heading, style="bold")
    yield from (Padding(Text(sentence), (0, 0, 0, 2)) for sentence in section.sentences)
    for told in section.tables:
        table = _table(told.headings[0])
        table.title, table.title_justify = told.caption, "left"
        for at, heading in enumerate(told.headings[1:], 1):
            table.add_column(heading, justify="right" if at in told.numeric else "left")
        named = [_in_two_lines(row[0]) if told.headings[0] == _ARM else row[0] for row in told.rows]
        table.columns[0].no_wrap = all(len(line) <= MAX_KEPT_WHOLE for name in named for line in name.splitlines())
        for first, row in zip(named, told.rows, strict=True):
            table.add_row(*map(Text, (first, *row[1:])))
        yield table
    yield Text()


def _candidates(candidates: Sequence[CandidateReport], *, is_wide: bool) -> Table:
    table = _table("candidate")
    table.add_column("verdict", no_wrap=True)
    for heading in ("difference\nin points", "of which\npreprocessing", "of which\naugmentation"):
        table.add_column(heading, justify="right", no_wrap=True)
    for candidate in candidates:
        table.add_row(
            Text(candidate.name),
            Text(candidate.verdict, style=VERDICT_STYLES[candidate.verdict]),
            with_interval(candidate.difference, is_wide),
            "as baseline" if preprocesses_as_baseline(candidate) else with_interval(candidate.preprocessing, is_wide),
            with_interval(candidate.augmentation, is_wide) if has_augmentation(candidate) else "none",
        )
    return table


def _arms(arms: Sequence[ArmReport], notes: Sequence[str], *, is_wide: bool) -> Table:
    table = _table("arm")
    for heading in ("validation\naccuracy %", "by seed", "clean\ntraining %", "seconds\na trial"):
        table.add_column(heading, justify="left" if heading == "by seed" else "right")
    for arm in arms:
        table.add_row(
            Text(arm.name if is_wide else _in_two_lines(arm.name)),
            _percent(arm.mean_validation_accuracy),
            _by_seed(arm.per_seed),
            _percent(arm.mean_clean_training_accuracy),
            "-" if arm.mean_seconds is None else f"{arm.mean_seconds:.1f}",
        )
    if notes:
        table.caption = " ".join(notes)
        table.caption_justify = "left"
    return table


def _in_two_lines(arm: str) -> str:
    """What an arm's name says of its kind, and the rest, so that it is not broken within a word."""
    return arm.replace(":", ":\n")


def _table(first: str) -> Table:
    table = plain_table()
    # Names may have 64 characters, and must not squeeze the numbers.
    table.add_column(first, overflow="fold", max_width=MAX_NAME_LENGTH)
    return table


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:.1f}"


def _by_seed(seeds: Sequence[SeedResult]) -> str:
    values = [seed.validation_accuracy for seed in seeds]
    if len(values) <= MAX_SEEDS_LISTED:
        return " ".join(_percent(seed.validation_accuracy) + "*" * seed.diverged for seed in seeds)
    diverged = "*" if any(seed.diverged for seed in seeds) else ""
    return f"{_percent(min(values))} to {_percent(max(values))}{diverged} over {len(values)} seeds"


def _failures(arms: Sequence[ArmReport]) -> list[RenderableType]:
    """One line per arm and reason."""
    seeds = failures_by_reason(arms)
    if not seeds:
        return []
    lines: list[RenderableType] = []
    for (arm, reason), failed in seeds.items():
        noun, numbers = "seed" if len(failed) == 1 else "seeds", listed(list(map(str, failed)), MAX_SEEDS_LISTED)
        lines.append(Padding(Text(f"{arm}, {noun} {numbers}: {reason}"), (0, 0, 0, 2)))
    return [Text("Without a result:"), *lines, Text()]


def _cost_line(report: Report) -> Text:
    cost = report.cost
    return Text(
        f"Cost: {count(cost.trials, 'trial')}: {trained_trials(cost)} trained in {cost.training_seconds:.1f} s, "
        f"{cost.trials_reused} reused, {cost.trials_failed} failed."
    )
