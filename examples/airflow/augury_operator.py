"""A comparison of augmentations as a task of Airflow 3: copy this file into your DAGs' folder, or next to it.

The worker takes the service's address and key from ``AUGURY_URL`` and ``AUGURY_API_KEY``, and needs ``augury[client]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from api_schemas.jobs import Job, JobState
from augury import Client
from augury.publishing.summary import summary_of


class AuguryComparisonOperator(BaseOperator):
    """Has Augury compare augmentations, waits for the report, and returns what it came to.

    However often the task is tried, and wherever, there is one job: its idempotency key follows from the task. Only
    one that failed or was cancelled is followed by another. A task that is stopped cancels its job.

    Args:
        request: a comparison as JSON; templates in its strings are filled in.
        url: of the service; by default ``AUGURY_URL``.
        fail_on: verdicts, such as ``hurts``, that fail the task where any candidate has them. It is not retried
            then, as the same question has the same answer.
    """

    template_fields: Sequence[str] = ("request", "url")

    def __init__(
        self, *, request: Mapping[str, Any], url: str | None = None, fail_on: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(**options)
        self.request, self.url, self.fail_on = dict(request), url, tuple(fail_on)
        self._job_id: str | None = None

    def execute(self, context: Any) -> dict[str, Any]:
        """The summary of the report, which other tasks find as this one's result."""
        with Client(self.url) as client:
            self._job_id = job_id = self._submit(client, context["ti"])
            for job in client.watch(job_id):
                self.log.info("%s is %s: %s, %.0f%%", job_id, job.state, job.phase, 100 * job.progress.fraction)
            _require_success(job)
            summary = summary_of(client.report(job_id))
        unwanted = [f"{name} {verdict}" for name, verdict in summary["verdicts"].items() if verdict in self.fail_on]
        if unwanted:
            raise AirflowFailException(f"{job_id}: {', '.join(unwanted)}")
        return summary

    def _submit(self, client: Client, instance: Any) -> str:
        task = (instance.dag_id, instance.run_id, instance.task_id, instance.map_index)
        for number in range(1, instance.try_number + 1):
            key = sha256(repr((*task, number)).encode()).hexdigest()
            job_id = client.submit(self.request, idempotency_key=key).id
            if client.job(job_id).state not in (JobState.FAILED, JobState.CANCELLED):
                break
        return job_id

    def on_kill(self) -> None:
        """Drop the job of a task that is stopped; trials that are done stay for the next one."""
        if self._job_id is not None:
            with Client(self.url) as client:
                client.cancel(self._job_id)


def _require_success(job: Job) -> None:
    if job.state is not JobState.SUCCEEDED:
        raise AirflowException(f"{job.id} {job.state}: {job.error.message if job.error else 'by a person'}")
