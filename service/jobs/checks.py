"""What a job has to pass in the transaction that accepts it: one list, gone through for each request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import JobRequest
from service.jobs import kinds
from service.jobs.conditions import require_judgeable
from service.models import choice
from service.quotas import room
from service.resources import Resources
from service.webhooks.managing import require_there
from store.rows.tables import DatasetRow


@dataclass(frozen=True)
class Considered:
    """A request in the transaction that is to accept it, together with others.

    Attributes:
        resources: with the limits of all projects.
        session: of that transaction. Nothing is written in it before all requests are checked.
        now: by the database's clock, in Unix seconds.
        project: whose request it is.
        request: with the content of the model that it names.
        dataset: that it names, held until the transaction ends; None where it is to be registered with the job.
        facts: of the dataset, as far as they are known.
        amount: what it comes to, as far as its dataset is known.
        limits: of the project, which is not being deleted.
        accepted_before: how many jobs of each project passed before this one in the same transaction, which no
            query finds yet.
    """

    resources: Resources
    session: Session
    now: float
    project: str
    request: JobRequest
    dataset: DatasetRow | None
    facts: DatasetFacts | None
    amount: kinds.Amount
    limits: Limits
    accepted_before: Counter[str]


_COUNTED = ("jobs_waiting", "trials_per_day", "stored_bytes")
"""The limits that jobs which were accepted before in the same transaction count against."""


class NextTransactionError(Exception):
    """It can only be said once the jobs that passed before it are stored: to be asked again in the next transaction."""


def _require_room(considered: Considered) -> None:
    limits, project = considered.limits, considered.project
    if considered.accepted_before[project] and any(getattr(limits, name) is not None for name in _COUNTED):
        raise NextTransactionError
    resources, session, amount = considered.resources, considered.session, considered.amount
    if (
        limits.training_seconds_per_day is not None
        or limits.jobs_waiting is not None
        or limits.trials_per_day is not None
    ):
        room.require_room_for_job(resources, session, project, amount.trials, considered.now)
    if amount.leaves_files and limits.stored_bytes is not None:
        room.require_room_for_files(resources, session, project, amount.stored_bytes)


def _require_webhooks(considered: Considered) -> None:
    require_there(considered.session, considered.project, considered.request.notify)


def _require_feasible(considered: Considered) -> None:
    kinds.require_feasible(considered.request, considered.facts)


def _require_fitting(considered: Considered) -> None:
    choice.require_fitting(considered.session, considered.project, considered.request, considered.facts)


def _require_judgeable(considered: Considered) -> None:
    require_judgeable(considered.session, considered.project, considered.request, considered.dataset)


CHECKS: tuple[Callable[[Considered], None], ...] = (
    _require_room,
    _require_feasible,
    _require_webhooks,
    _require_fitting,
    _require_judgeable,
)
"""In the order in which they are asked. Each lets a request pass or raises a ProblemError, and costs a query of an
indexed row at most: all who submit wait for it."""
