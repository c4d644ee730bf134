"""Candidates on other images than their own validation images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from api_schemas.reports.conditions import ConditionEffect, ConditionsReport
from api_schemas.reports.report import Report
from augury.reporting import formatting
from augury.reporting.plots import conditions as plots
from augury.reporting.sections.section import Section
from augury.reporting.tables import Table
from augury.wording import count

MAX_ROWS = 60
MAX_SENTENCE_LENGTH = 1000


def under_conditions(report: Report) -> Section | None:
    """Every candidate under every condition; None where that was not asked for."""
    conditions = report.conditions
    if conditions is None:
        return None
    told = [formatting.plain(each.sentence, MAX_SENTENCE_LENGTH) for each in conditions.candidates]
    return Section(
        "conditions",
        "On other images",
        [*told, *_method(conditions)],
        [_table(conditions)] if conditions.shown else [],
        partial(plots.under_conditions, report),
    )


def _method(conditions: ConditionsReport) -> Iterator[str]:
    """How it was judged, and what was not."""
    if conditions.shown:
        claims = f"{count(len(conditions.shown), 'condition')} and {count(len(conditions.candidates), 'candidate')}"
        yield (
            f"The same models as above, on the same changed images for all arms of a seed; a condition's difference is "
            f"the mean over its strengths. These verdicts hold together at {100 * conditions.confidence:g}%, over "
            f"{claims}, apart from those on unchanged images."
        )
    for name, reason in conditions.skipped.items():
        yield f"{name} was left out: {reason}."
    if conditions.models_failed:
        total = count(conditions.models + conditions.models_failed, "model")
        yield f"{conditions.models_failed} of {total} could not be judged; the figures rest on the others."


def _table(conditions: ConditionsReport) -> Table:
    rows = [
        (
            formatting.plain(each.name),
            formatting.plain(effect.images),
            f"{formatting.BADGES[effect.verdict].sign} {formatting.BADGES[effect.verdict].word}",
            formatting.difference(effect.difference),
            formatting.percent(effect.baseline_accuracy),
            formatting.percent(effect.accuracy),
            _at_the_strongest(effect),
        )
        for each in conditions.candidates
        for effect in each.effects
    ]
    left = len(rows) - MAX_ROWS
    return Table(
        f"Differences to the baseline on other images, in {conditions.unit}, with intervals; accuracies of both",
        ("Candidate", "Images", "Verdict", "Difference", "Baseline", "Candidate's", "At the strongest"),
        rows[:MAX_ROWS],
        frozenset({3, 4, 5, 6}),
        f"{count(left, 'row')} more: /conditions/candidates in the JSON report." if left > 0 else "",
    )


def _at_the_strongest(effect: ConditionEffect) -> str:
    return formatting.points(effect.strengths[-1].difference.mean) if effect.strengths else formatting.UNKNOWN
