"""The candidates that an address names, read from the reports of their jobs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.plans import BASELINE
from api_schemas.reports.report import ArmReport, CandidateReport, Report
from api_schemas.training.trials import Trial
from augury.field_problems import shown
from service.http.problem import ProblemError
from service.http.problem_types import INVALID_REQUEST, NO_REPORT, NOT_FOUND
from service.http.problems import require_found
from service.resources import Resources
from store.files.artifacts import ArtifactMissingError
from store.ids import IDENTIFIER
from store.rows import jobs, trials
from store.rows.tables import JobRow
from store.rows.views import arm_trials

MAX_CANDIDATES = 8
_NAMED = re.compile(rf"({IDENTIFIER.strip('^$')}):(.+)", re.DOTALL)


@dataclass(frozen=True)
class Chosen:
    """A candidate of a job that has a report.

    Attributes:
        key: as an address names it: ``job_…:name``.
        label: what it is called among the others.
        dataset_id: of the job's images.
        report: of its job.
        candidate: in it.
        arm: that was trained for it; None where the report has lost it.
        definition: everything that determines its trials but spec and seed, as these were stored; empty where none is
            there any more.
        trials: of it and of its baseline, on the seeds that its difference rests on.
    """

    key: str
    label: str
    dataset_id: str
    report: Report
    candidate: CandidateReport
    arm: ArmReport | None
    definition: dict[str, Any]
    trials: Sequence[Trial]

    @property
    def seeds(self) -> list[int]:
        """On which it is compared with its baseline."""
        return [] if self.candidate.difference is None else self.candidate.difference.seeds

    @property
    def baseline(self) -> ArmReport | None:
        """What it is compared with."""
        return next((arm for arm in self.report.arms if arm.name == BASELINE), None)


def key_of(job_id: str, name: str) -> str:
    """A candidate as addresses name it."""
    return f"{job_id}:{name}"


def read_all(resources: Resources, project: str, keys: Sequence[str]) -> list[Chosen]:
    """Up to eight candidates, each once, in the order of the address.

    Raises:
        ProblemError: one is no candidate, or there is no such job, candidate or report.
    """
    named = [_taken_apart(key) for key in list(dict.fromkeys(keys))[:MAX_CANDIDATES]]
    reports: dict[str, Report] = {}
    found = []
    with resources.database.reading() as session:
        for job_id, name in named:
            job = require_found(jobs.find(session, project, job_id), "job", job_id)
            if job_id not in reports:
                reports[job_id] = report_of(resources, job)
            found.append(_chosen(session, job, reports[job_id], name))
    return _labelled(found)


def read_one(resources: Resources, project: str, job_id: str, name: str) -> Chosen:
    """The candidate of that name of a job (or a ProblemError as above)."""
    return read_all(resources, project, [key_of(job_id, name)])[0]


def report_of(resources: Resources, job: JobRow) -> Report:
    """The report of a job.

    Raises:
        ProblemError: it has none, or it is not stored any more.
    """
    if job.report_artifact is None:
        raise NO_REPORT.error(f"job {job.id} is {job.state} and has no report to compare")
    try:
        return Report.model_validate_json(resources.artifacts.read(job.report_artifact), extra="ignore")
    except ArtifactMissingError:
        raise NOT_FOUND.error(f"the report of job {shown(job.id)} is not stored any more") from None


def _taken_apart(key: str) -> tuple[str, str]:
    match = _NAMED.fullmatch(key)
    if match is None:
        raise _refused(f"got {shown(key)}, expected a job's id, a colon and the name of a candidate")
    return match[1], match[2]


def _chosen(session: Session, job: JobRow, report: Report, name: str) -> Chosen:
    candidate = next((each for each in report.candidates if each.name == name), None)
    if candidate is None:
        raise _refused(f"job {job.id} has no candidate {shown(name)}")
    seeds = [] if candidate.difference is None else candidate.difference.seeds
    slots = arm_trials.finished(session, job, {candidate.arm, BASELINE}, seeds)
    own = next((trial for link, trial in slots if link.arm == candidate.arm), None)
    return Chosen(
        key=key_of(job.id, name),
        label=name,
        dataset_id=job.dataset_id,
        report=report,
        candidate=candidate,
        arm=next((each for each in report.arms if each.name == candidate.arm), None),
        definition={} if own is None else trials.definition_of(session, own),
        trials=[trials.to_wire(link, trial) for link, trial in slots],
    )


def _labelled(found: list[Chosen]) -> list[Chosen]:
    """Names that several jobs have get the number of their job, in the order of the address."""
    names = [each.candidate.name for each in found]
    order = {job_id: at for at, job_id in enumerate(dict.fromkeys(each.report.job_id for each in found), 1)}
    return [
        _with_label(each, f"{each.candidate.name} (job {order[each.report.job_id]})")
        if names.count(each.candidate.name) > 1
        else each
        for each in found
    ]


def _with_label(chosen: Chosen, label: str) -> Chosen:
    return Chosen(**(vars(chosen) | {"label": label}))


def _refused(message: str) -> ProblemError:
    return INVALID_REQUEST.error_at("query.candidate", message, "one candidate is not as expected")
