"""The Python client: typed, synchronous, small."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from api_schemas.artifacts import ArtifactList
from api_schemas.exports.export import Export, ExportRequest
from api_schemas.jobs import Job, JobKind, JobList, JobRequest
from api_schemas.lint import LintRequest, LintResult
from api_schemas.plans import AugmentationPlan, Plan
from api_schemas.previews import PreviewRequest
from api_schemas.reports.report import Report
from api_schemas.service.health import Readiness
from api_schemas.training.trials import TrialList
from augury.client.base import body_of, given
from augury.client.connection import path_of
from augury.client.datasets import DatasetClient
from augury.client.events import EventClient
from augury.client.keys import KeyClient
from augury.client.models import ModelClient
from augury.client.projects import ProjectClient
from augury.client.webhooks import WebhookClient
from augury.errors import AuguryError, RequestRefused, ServiceFailed

Request = JobRequest | Mapping[str, Any]
"""A request as a model, or as the JSON object it would be."""

PREVIEW_PAUSE_SECONDS = 1.0
_PLANS: dict[JobKind, type[Plan] | type[AugmentationPlan]] = {
    JobKind.COMPARISON: Plan,
    JobKind.TRAINING: Plan,
    JobKind.AUGMENTATION: AugmentationPlan,
}
_NOT_READY = "urn:augury:problem:dataset-not-ready"


class Client(EventClient, DatasetClient, ModelClient, KeyClient, ProjectClient, WebhookClient):
    """Talks to one Augury service.

    Every method raises `RequestRefused` when the service says no, `ServiceUnreachable` when it cannot be
    reached for *patience* seconds, and `ServiceFailed` when its answer makes no sense.
    """

    def submit(self, request: Request, idempotency_key: str | None = None) -> Job:
        """Submit a job, once: a retry carries the same key, and the service answers it with the same job."""
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return self._ask(Job, "POST", "/v1/jobs", json=body_of(request), headers=headers)

    def plan(self, request: Request) -> Plan | AugmentationPlan:
        """What a request amounts to, without submitting it."""
        body = body_of(request)
        of_kind = (model for kind, model in _PLANS.items() if kind == body.get("kind"))
        model = next(of_kind, Plan)  # the service will refuse an unknown kind
        return self._ask(model, "POST", "/v1/jobs", json=body, params={"validate_only": "true"})

    def jobs(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        dataset: str | None = None,
        label: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> JobList:
        """One page of jobs, newest first. *label* is ``key:value``; *cursor* is the last page's ``next_cursor``."""
        query = {
            "state": state,
            "kind": kind,
            "dataset": dataset,
            "label": label,
            "limit": limit,
            "cursor": cursor,
        }
        return self._ask(JobList, "GET", "/v1/jobs", params=given(query))

    def trials(self, job_id: str) -> TrialList:
        """Every trial of a job, with its curves once it is done."""
        return self._ask(TrialList, "GET", f"{_job_path(job_id)}/trials")

    def report(self, job_id: str) -> Report:
        """The report of a finished job."""
        return self._ask(Report, "GET", f"{_job_path(job_id)}/report", headers={"Accept": "application/json"})

    def report_page(self, job_id: str, form: Literal["html", "markdown"]) -> str:
        """The same report for people: one self-contained HTML page, or Markdown."""
        media_type = f"text/{form}"
        response = self._connection.request(
            "GET", f"{_job_path(job_id)}/report", headers={"Accept": media_type}, patience=self._patience
        )
        content = self._connection.content(response)
        if not response.headers.get("Content-Type", "").startswith(media_type):
            raise ServiceFailed(f"{self.url} has no reports as {media_type}; it is of an earlier version")
        return content.decode()

    def artifacts(self, job_id: str) -> ArtifactList:
        """The files that a job left behind."""
        return self._ask(ArtifactList, "GET", f"{_job_path(job_id)}/artifacts")

    def download(self, job_id: str, name: str, path: Path | str) -> Path:
        """Fetch a file of a job, such as ``augmented.zip``, to *path*, which is there once it is complete."""
        target = Path(path)
        self._connection.download(self.artifact_path(job_id, name), target, patience=self._patience)
        return target

    @staticmethod
    def artifact_path(job_id: str, name: str) -> str:
        """Where the service has a file of a job."""
        return f"{_job_path(job_id)}/artifacts/{quote(name, safe='')}"

    def cancel(self, job_id: str) -> Job:
        """Ask for a job to be dropped; the job as it is then, which may still be ``cancelling``."""
        return self._ask(Job, "POST", f"{_job_path(job_id)}/cancel")

    def stop(self, job_id: str) -> Job:
        """End a job's training now; it succeeds with a report on what is done. The job as it is then."""
        return self._ask(Job, "POST", f"{_job_path(job_id)}/stop")

    def extend(self, job_id: str, seeds: int, idempotency_key: str | None = None) -> Job:
        """Take a finished comparison to *seeds* per undecided arm in all, once; the job, which is running again."""
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return self._ask(Job, "POST", f"{_job_path(job_id)}/extend", json={"seeds": seeds}, headers=headers)

    def preview(
        self,
        request: PreviewRequest | Mapping[str, Any],
        *,
        wait_seconds: float = 60.0,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> bytes:
        """A contact sheet as a PNG.

        A dataset that nobody has used yet is read first; *on_wait* is told once, and it may take *wait_seconds*.
        """
        give_up_at, told = time.monotonic() + wait_seconds, False
        while True:
            response = self._connection.request(
                "POST", "/v1/previews", json=body_of(request), headers={"Accept": "image/png"}, patience=self._patience
            )
            try:
                return self._connection.content(response)
            except RequestRefused as refused:
                if refused.problem.type != _NOT_READY or time.monotonic() > give_up_at:
                    raise
                if not told:
                    on_wait(refused.problem.detail)
                    told = True
            time.sleep(PREVIEW_PAUSE_SECONDS)

    def lint(self, request: LintRequest | Mapping[str, Any]) -> LintResult:
        """What the linter says about a spec; see `api_schemas.lint.LintRequest`."""
        return self._ask(LintResult, "POST", "/v1/lint", json=body_of(request))

    def export(self, request: ExportRequest | Mapping[str, Any]) -> Export:
        """A spec in the words of another library; see `api_schemas.exports.export.ExportRequest`."""
        return self._ask(Export, "POST", "/v1/exports", json=body_of(request))

    def readiness(self) -> Readiness:
        """What the service has of all that jobs need; see `api_schemas.service.health.Readiness`. Asks once."""
        return self._ask(Readiness, "GET", "/readyz", patience=0)

    def ready(self) -> bool:
        """Whether the service is there and can take jobs. Asks once."""
        try:
            return self._connection.request("GET", "/readyz", patience=0).is_success
        except AuguryError:
            return False


def _job_path(job_id: str) -> str:
    return path_of("jobs", job_id)
