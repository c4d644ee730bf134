"""The chunks of an augmentation: what they need to know, and which part of ``augury.archives`` does them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkSpan
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest
from api_schemas.plans import AugmentationPlan
from augury.archives.layout import Layout
from augury.datasets.disk import require_room
from augury.planning.augmentation import output_bytes, output_problem
from augury.training.errors import UserInputError
from store.files.names import job_folder
from store.files.snapshots import load_snapshot
from store.rows import jobs
from store.rows.tables import ChunkRow, DatasetRow, JobRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper


@dataclass(frozen=True)
class Details:
    """Where a chunk is in which archive."""

    layout: Layout
    span: ChunkSpan


def read(session: Session, row: ChunkRow) -> Details:
    """What a chunk needs to know."""
    job = session.get_one(JobRow, row.job_id)
    dataset = session.get_one(DatasetRow, job.dataset_id)
    assert dataset.digest is not None, "chunks exist only once the dataset is ready"
    layout = Layout(
        folder=job_folder(job.id),
        digest=dataset.digest,
        facts=DatasetFacts.model_validate(dataset.facts),
        request=jobs.request_of(job, AugmentationRequest),
        plan=AugmentationPlan.model_validate(job.plan),
    )
    return Details(layout, ChunkSpan(row.number, row.first, row.images))


def augment(context: Context, details: Details, keeper: LeaseKeeper) -> dict[str, Any]:
    """Make one part of the archive."""
    from augury.archives.parts import make_part  # imports the engine, which only pool processes need

    _require_room(context, details)
    snapshot = load_snapshot(context.artifacts, details.layout.digest)
    return make_part(context.artifacts, snapshot, details.layout, details.span, keeper)


def _require_room(context: Context, details: Details) -> None:
    """See that the archive is not too large, and that what is left of it has room, before a part of it is made.

    Raises:
        UserInputError: it comes to more bytes than the settings allow.
        DatasetError: ``disk.full``.
    """
    layout = details.layout
    problem = output_problem(layout.request, layout.facts, context.settings.max_archive_bytes)
    if problem is not None:
        raise UserInputError(problem)
    root = context.artifacts.local_path("")
    if root is not None:
        images = layout.plan.images
        assert images is not None, "chunks exist only once the dataset is ready"
        left = 2 * images - details.span.first  # the parts that are still to be made, and the archive beside them
        root.mkdir(parents=True, exist_ok=True)
        require_room(root, output_bytes(layout.request, layout.facts, left))


def assemble(context: Context, details: Details, keeper: LeaseKeeper) -> dict[str, Any]:
    """Put all parts together."""
    from augury.archives.assembly import assemble as put_together

    return put_together(context.artifacts, details.layout, keeper)
