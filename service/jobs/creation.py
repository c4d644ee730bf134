"""What one transaction does with the requests that it is to accept: each is checked, and then all are stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from api_schemas.jobs import JobRequest
from service.auth.asked import Asked, begin, end, note_all
from service.datasets import registration
from service.http.idempotency import Accepted, replay
from service.http.problem import ProblemError
from service.jobs.checks import CHECKS, Considered, NextTransactionError
from service.jobs.conditions import other_datasets_of
from service.jobs.preparing import Datasets, Prepared, Submission
from service.models import choice
from service.quotas.limits import require_limits
from service.remembered.datasets_lately import DatasetKey, version_of
from service.resources import Resources
from store.rows import idempotency
from store.rows.accepting import new_jobs
from store.rows.accepting.new_jobs import NewJob
from store.rows.tables import DatasetRow
from store.rows.views import job_views

Group = Mapping[int, tuple[Submission, Prepared]]
"""Requests by their numbers."""


@dataclass
class Creation:
    """One transaction.

    Attributes:
        resources: with the settings, and the limits of all projects.
        session: of it.
        now: by the database's clock, in Unix seconds.
        outcomes: what came of each request, by its number.
        postponed: the numbers of those that are for a transaction after this one.
    """

    resources: Resources
    session: Session
    now: float
    outcomes: dict[int, Accepted | Exception] = field(default_factory=dict)
    postponed: list[int] = field(default_factory=list)
    _limits: dict[str, Limits] = field(default_factory=dict)
    _datasets: Datasets = field(init=False)

    def __post_init__(self) -> None:
        """All that is known of datasets is what was measured of their content."""
        self._datasets = Datasets(dict(self.resources.datasets.facts))

    def create(self, group: Group) -> dict[int, Accepted | Exception]:
        """Store a job for each request that may have one."""
        passed = self._passed(group)
        datasets = self._registered({number: group[number] for number in passed})
        self.resources.datasets.note(self._datasets.rows, self._datasets.facts_known)
        new = {number: self._new(passed[number], dataset, *group[number]) for number, dataset in datasets.items()}
        self._store(self._reserved(group, new), group)
        return self.outcomes

    def _new(self, request: JobRequest, dataset: DatasetRow, submission: Submission, prepared: Prepared) -> NewJob:
        return NewJob(
            request, dataset, self.now, self.now + 3600 * self.resources.settings.job_deadline_hours,
            other_datasets=[each.dataset for each in other_datasets_of(request)], webhooks=request.notify,
            trials=prepared.amount.trials, traceparent=submission.traceparent,
        )  # fmt: skip

    def _passed(self, group: Group) -> dict[int, JobRequest]:
        """The requests that pass all checks, with the content of the models that they name."""
        passed: dict[int, JobRequest] = {}
        before: Counter[str] = Counter()
        # Rows are locked in the same order by every transaction, so that no two of them wait for each other.
        for number in sorted(group, key=lambda number: group[number][1].resolved.key):
            submission, prepared = group[number]
            try:
                passed[number] = self._checked(submission, prepared, before)
            except NextTransactionError:
                self.postponed.append(number)
            except ProblemError as refusal:
                self.outcomes[number] = refusal
            else:
                before[submission.project] += 1
        return passed

    def _checked(self, submission: Submission, prepared: Prepared, before: Counter[str]) -> JobRequest:
        resolved, limits = prepared.resolved, self._limits_of(submission.project)
        dataset = self._datasets.row(resolved.key, lambda: registration.hold(self.session, resolved))
        if prepared.as_remembered not in (None, version_of(dataset)):
            self.resources.datasets.forget(resolved.key)
            raise NextTransactionError
        request = choice.with_content(self.session, submission.project, submission.request)
        facts = self._datasets.facts(dataset)
        considered = Considered(
            self.resources, self.session, self.now, submission.project, request, dataset, facts,
            prepared.amount, limits, before,
        )  # fmt: skip
        for check in CHECKS:
            check(considered)
        return request

    def _limits_of(self, project: str) -> Limits:
        """Looked up, and the project held, once for all its requests."""
        if project not in self._limits:
            self._limits[project] = require_limits(self.resources, self.session, project)
        return self._limits[project]

    def _registered(self, group: Group) -> dict[int, DatasetRow]:
        """The dataset of each request, registered where nobody has named it before."""
        found: dict[int, DatasetRow] = {}
        rows: dict[DatasetKey, DatasetRow] = {}
        for number, (submission, prepared) in group.items():
            key = prepared.resolved.key
            row = rows.get(key) or self._datasets.row(key, lambda: None)
            token = begin(submission.asked)  # whoever registers something says for whom
            try:
                found[number] = row or registration.get_or_register(
                    self.resources, self.session, prepared.resolved, self.now
                )
            except ProblemError as refusal:
                self.outcomes[number] = refusal
            else:
                rows[key] = found[number]
            finally:
                end(token)
        return found

    def _reserved(self, group: Group, new: dict[int, NewJob]) -> dict[int, NewJob]:
        """Those whose key is theirs; the others get the first answer to it, which came meanwhile."""
        wanted = {submission.key: number for number in new if (submission := group[number][0]).key is not None}
        fingerprints = {key: group[number][0].fingerprint for key, number in wanted.items()}
        own = idempotency.reserve_all(self.session, fingerprints, self.now)
        for key, row in idempotency.first_rows(self.session, fingerprints.keys() - own).items():
            number = wanted[key]
            del new[number]
            try:
                self.outcomes[number] = replay(row, fingerprints[key])
            except ProblemError as refusal:
                self.outcomes[number] = refusal
        return new

    def _store(self, new: dict[int, NewJob], group: Group) -> None:
        if not new:
            return
        done: list[tuple[Asked, str, str]] = []
        answers: dict[idempotency.KeyOfProject, tuple[str, dict[str, object]]] = {}
        for number, row in zip(new, new_jobs.store(self.session, list(new.values())), strict=True):
            submission, prepared = group[number]
            content = job_views.of_new(row, prepared.findings).model_dump_json().encode()
            self.outcomes[number] = Accepted(row["id"], content, replayed=False)
            done.append((submission.asked, submission.project, row["id"]))
            if submission.key is not None:
                answers[submission.key] = row["id"], json.loads(content)
        note_all(self.session, done, self.now)
        idempotency.remember_all(self.session, answers)
