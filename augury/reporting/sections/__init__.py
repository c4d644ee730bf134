"""What a report says where more was asked for than verdicts: a module for each kind of evidence."""

from __future__ import annotations

from collections.abc import Callable

from api_schemas.reports.report import Report
from augury.reporting.sections import responses
from augury.reporting.sections.conditions import under_conditions
from augury.reporting.sections.final_scores import final_scores
from augury.reporting.sections.metrics import metrics
from augury.reporting.sections.section import Section

_SECTIONS: tuple[Callable[[Report], Section | None], ...] = (
    under_conditions,
    metrics,
    responses.training_length,
    responses.over_budgets,
    responses.over_images,
    final_scores,
)
"""In the order in which they are read. Each gives None for a report without what it tells."""


def sections_of(report: Report) -> list[Section]:
    """Those that the report has."""
    made = (section(report) for section in _SECTIONS)
    return [section for section in made if section is not None]
