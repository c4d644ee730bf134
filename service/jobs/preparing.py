"""What is found out about a request before the transaction that accepts it, which nobody should wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, JobRequest
from augury.planning.canonical import digest
from augury.telemetry import traces
from service.auth.asked import Asked, this_request
from service.datasets import registration
from service.datasets.registration import ResolvedReference
from service.http.bodies import MAX_AT_ONCE_BYTES, SentBody
from service.jobs import kinds
from service.jobs.earlier_requests import earlier_fingerprints
from service.jobs.use import names_in
from service.models import choice
from service.remembered.datasets_lately import DatasetKey, DatasetVersion, version_of
from service.resources import Resources
from service.specs import findings
from store.rows.idempotency import Fingerprint, KeyOfProject
from store.rows.tables import DatasetRow

MAX_LIGHT_CANDIDATES = 4
"""Requests of more, and those that take another look than one at the database, are prepared on threads of their own."""


@dataclass(frozen=True)
class Prepared:
    """A request that may be accepted, as far as could be seen before."""

    resolved: ResolvedReference
    findings: findings.Findings
    amount: kinds.Amount
    """What it comes to, as far as its dataset is known."""
    names: list[str]
    """What it needs that is there already, see ``service.jobs.use``."""
    as_remembered: DatasetVersion | None = None
    """Of its dataset, where that was not looked up for it: where it is another one now, this is to be done again."""


@dataclass(frozen=True)
class Submission:
    """A project's request, as it came."""

    project: str
    request: JobRequest
    sent: SentBody
    idempotency_key: str | None
    asked: Asked = field(default_factory=this_request)
    """The request that it came by, as the audit trail is to tell of it."""
    traceparent: str | None = field(default_factory=traces.current)
    prepared: Prepared | None = None
    """Where that was done already."""

    @property
    def key(self) -> KeyOfProject | None:
        """Its idempotency key, of which each project has its own."""
        return None if self.idempotency_key is None else (self.project, self.idempotency_key)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What another request with the same key is told apart by."""
        meaning = digest(self.request.model_dump(mode="json"))
        return Fingerprint(meaning, self.sent.digest(), partial(earlier_fingerprints, self.request))

    @property
    def is_light(self) -> bool:
        """Whether preparing it is a matter of a millisecond, so that others may wait for it."""
        if self.request.dataset.kind == "upload" or choice.names_published_weights(self.request):
            return False
        candidates = self.request.candidates if isinstance(self.request, ComparisonRequest) else ()
        return len(candidates) <= MAX_LIGHT_CANDIDATES and len(self.sent.content) <= MAX_AT_ONCE_BYTES


@dataclass
class Datasets:
    """The datasets that the requests of a group name, each looked up once, and what is remembered of the last one."""

    facts_known: dict[DatasetVersion, DatasetFacts | None] = field(default_factory=dict)
    remembered: Mapping[DatasetKey, DatasetRow] = field(default_factory=dict)
    rows: dict[DatasetKey, DatasetRow | None] = field(default_factory=dict)

    def row(self, key: DatasetKey, find: Callable[[], DatasetRow | None]) -> DatasetRow | None:
        """What is remembered, or else what *find* finds, the first time that a key is asked for."""
        if key in self.remembered:
            return self.remembered[key]
        if key not in self.rows:
            self.rows[key] = find()
        return self.rows[key]

    def facts(self, row: DatasetRow | None) -> DatasetFacts | None:
        """What ingestion measured, as far as it has."""
        version = version_of(row)
        if version is None:
            return None
        if version not in self.facts_known:
            self.facts_known[version] = registration.facts_of(row)
        return self.facts_known[version]


def prepare(resources: Resources, session: Session, datasets: Datasets, submission: Submission) -> Prepared:
    """Look whether a request may be accepted, and what is to be said about it.

    Raises:
        ProblemError: the dataset or the model does not allow what is asked, or it is more than one job may ask for.
    """
    project, request = submission.project, submission.request
    resolved = registration.resolve(resources, project, request.dataset)
    row = datasets.row(resolved.key, lambda: registration.find(session, resolved))
    facts, with_content = datasets.facts(row), choice.with_content(session, project, request)
    choice.require_fitting(session, project, with_content, facts)
    amount = kinds.require_affordable(session, project, request, facts, resources.settings.effort_limits)
    as_remembered = version_of(row) if resolved.key in datasets.remembered else None
    return Prepared(resolved, findings.of_request(request, facts), amount, names_in(with_content, row), as_remembered)


def prepare_alone(resources: Resources, submission: Submission) -> Prepared:
    """The same for one that takes longer, or has weights read that nobody has named before.

    Raises:
        ProblemError: as `prepare` does.
    """
    choice.have_weights_read(resources, submission.project, submission.request)
    with resources.database.reading() as session:
        return prepare(resources, session, Datasets(), submission)
