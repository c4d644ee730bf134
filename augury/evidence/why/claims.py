"""The sentences of a report that say which way something goes: what its error control has to answer for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from api_schemas.reports.report import Report

_DIRECTION = re.compile(r"\b(gains?|gained|costs|helps|hurts|better|worse|loses)\b", re.IGNORECASE)


def claims_of(report: Report) -> list[str]:
    """Every sentence of the report that claims a direction, in reading order; a sentence told twice is there twice.

    By its words: gains, costs, helps, hurts, better, worse, loses. What the linter says is about a spec and not about
    what was measured, and is left out.
    """
    return [sentence for sentence in _sentences_of(report) if _DIRECTION.search(sentence)]


def _sentences_of(report: Report) -> Iterator[str]:
    yield from (cause.text for cause in report.sentences())
    for candidate in report.candidates:
        yield candidate.sentence
        if candidate.needed is not None:
            yield candidate.needed.sentence
        if candidate.why is not None:
            yield from (cause.text for cause in candidate.why.causes)
    if report.recommendation is not None:
        yield report.recommendation.recommended.sentence
        yield from (change.reason for change in report.recommendation.recommended.changes)
        yield report.recommendation.sentence
    for response in (report.budget_response, report.data_response):
        yield from (each.sentence for each in response.candidates) if response is not None else ()
