"""Candidates that can be compared: those of the newest comparisons that have a report."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.plans import Plan
from service.web.compare.chosen import key_of
from service.web.datasets.words import name_of
from store.rows.views import reported
from store.rows.views.reported import Reported

JOBS = 20


@dataclass(frozen=True)
class Offered:
    """A comparison with what can be chosen of it: names, each with how addresses name it."""

    job_id: str
    dataset: str
    created_at: str
    labels: dict[str, str]
    candidates: list[tuple[str, str]]


def offered(session: Session, project: str) -> list[Offered]:
    """Of the newest comparisons of a project that have a report."""
    return [_offered(row) for row in reported.newest(session, project, JOBS)]


def _offered(row: Reported) -> Offered:
    names = [each.name for each in Plan.model_validate(row.plan).candidates]
    candidates = [(name, key_of(row.id, name)) for name in names]
    return Offered(row.id, name_of(row.reference), timestamp(row.created_at), row.labels, candidates)
