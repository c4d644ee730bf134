"""Jobs that are stored together: each statement is sent once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from api_schemas.jobs import AugmentationRequest, ComparisonRequest, JobState, Phase, TrainingRequest
from store.ids import JOB, new_id
from store.rows import events
from store.rows.needs.tables import JobDatasetRow
from store.rows.needs.worker import worker_for
from store.rows.outbox.tables import JobWebhookRow
from store.rows.tables import DatasetRow, JobLabelRow, JobRow

AnyRequest = ComparisonRequest | TrainingRequest | AugmentationRequest

_JOBS: Table = JobRow.__table__  # type: ignore[assignment]
_LABELS: Table = JobLabelRow.__table__  # type: ignore[assignment]
_OTHER_DATASETS: Table = JobDatasetRow.__table__  # type: ignore[assignment]
_TOLD: Table = JobWebhookRow.__table__  # type: ignore[assignment]
_INSERT_TOLD = insert(_TOLD)
_INSERT_JOBS, _INSERT_LABELS, _INSERT_OTHERS = insert(_JOBS), insert(_LABELS), insert(_OTHER_DATASETS)


@dataclass(frozen=True)
class NewJob:
    """A queued job that is not stored yet.

    Attributes:
        request: as it is carried out, of any kind.
        dataset: the row that it is for, whose project is the job's.
        now: when it was accepted, in Unix seconds.
        deadline_at: until when it has to be over, in Unix seconds.
        other_datasets: ids of those that it needs besides.
        webhooks: ids of those that are to be told of it.
        trials: that are promised to it, see ``store.rows.quotas.counting``.
        traceparent: of the trace that its work is in (W3C).
        id: of the job.
    """

    request: AnyRequest
    dataset: DatasetRow
    now: float
    deadline_at: float
    other_datasets: Collection[str] = ()
    webhooks: Collection[str] = ()
    trials: int = 0
    traceparent: str | None = None
    id: str = field(default_factory=lambda: new_id(JOB))

    def row(self) -> dict[str, Any]:
        """The columns of its row that have no default."""
        return {
            "id": self.id,
            "project_id": self.dataset.project_id,
            "kind": self.request.kind,
            "state": JobState.QUEUED,
            "phase": Phase.WAITING,
            "request": self.request.model_dump(mode="json"),
            "labels": dict(self.request.labels),
            "dataset_id": self.dataset.id,
            "queue": worker_for(self.request),
            "priority": self.request.priority,
            "deadline_at": self.deadline_at,
            "created_at": self.now,
            "trials_reserved": self.trials,
            "traceparent": self.traceparent,
        }


def store(session: Session, new: Sequence[NewJob]) -> list[dict[str, Any]]:
    """Store jobs with their labels, what they need and their first events.

    Returns the row of each, with the id of its event as ``event_id``, in the same order.
    """
    connection, rows = session.connection(), [each.row() for each in new]
    connection.execute(_INSERT_JOBS, rows)
    labels = [
        {"project_id": row["project_id"], "job_id": row["id"], "key": key, "value": value}
        for row in rows
        for key, value in row["labels"].items()
    ]
    if labels:
        connection.execute(_INSERT_LABELS, labels)
    others = [{"job_id": each.id, "dataset_id": other} for each in new for other in sorted(set(each.other_datasets))]
    if others:
        connection.execute(_INSERT_OTHERS, others)
    told = [{"job_id": each.id, "webhook_id": webhook} for each in new for webhook in sorted(set(each.webhooks))]
    if told:
        connection.execute(_INSERT_TOLD, told)
    event_ids = events.append_queued(connection, rows)
    return [{**row, "event_id": event_ids[row["id"]]} for row in rows]
