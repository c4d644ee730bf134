"""One registered model, from its claim to a stored one. The reading itself is in ``augury.training.model_reading``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from augury.datasets.errors import DatasetError
from augury.datasets.protocol import Task
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.protocol import ReadModel
from augury.training.model_reading.reading_process import read_model_in_process
from store.files.models import is_stored, store_model
from store.files.names import stored_model_name
from store.rows import dataset_files, leases
from store.rows.leases import Lease
from store.rows.models import registered
from store.rows.tables import RegisteredModelRow
from store.rows.upkeep import tombstones
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import UnitOfWork
from workers.maintenance.workspaces import workspace_for
from workers.units.fetched_weights import keep_fetched_weights, kept_weights
from workers.units.uploaded_file import Referred, uploaded_file


def _row(session: Session, model_id: str) -> Referred:
    row = session.get_one(RegisteredModelRow, model_id)
    return Referred(row.project_id, row.reference)


def _read(context: Context, referred: Referred, keeper: LeaseKeeper) -> ReadModel:
    with workspace_for(context.settings, context.database, keeper.lease_id) as workspace:
        with _as_of_a_model():
            upload = uploaded_file(context.artifacts, referred, workspace, context.ingest, keeper)
        find_kept = partial(kept_weights, context.artifacts, workspace, keeper)
        task = Task(referred.reference, workspace, context.ingest, upload)
        read = read_model_in_process(task, keeper, find_kept)
        keep_fetched_weights(context.artifacts, workspace)
        keeper.record(digest=read.digest)  # before anything is stored, so that the file can be found again
        keeper.raise_if_cancelled()
        keeper.report_progress(progress={"step": "storing", "done": 0, "total": 1})
        store_model(context.artifacts, read.file, read.digest)
        return read


@contextmanager
def _as_of_a_model() -> Iterator[None]:
    """Have what is wrong with an upload count as the model's fault."""
    try:
        yield
    except DatasetError as error:
        raise ModelFileError(error.rule, str(error)) from error


def _record(
    context: Context,
    session: Session,
    lease: Lease,
    _referred: Referred,
    outcome: ReadModel | Failure,
    now: float,
) -> None:
    if isinstance(outcome, Failure):
        registered.fail_reading(session, lease, outcome, now)
        return
    dataset_files.lock_snapshot_deletion(context.database, session)
    is_kept = tombstones.dig_up(session, stored_model_name(outcome.digest), now)
    if is_kept and is_stored(context.artifacts, outcome.digest):
        registered.finish_reading(session, lease, outcome.digest, outcome.facts, now)
    else:  # removed with another model of the same content, just after this one was stored
        leases.give_back(session, lease)


def _nobody_waits(_context: Context, _model_id: str) -> None:
    """Jobs name models that are ready."""


UNIT = UnitOfWork(leases.MODELS, "reading of the model", _row, _read, _record, _nobody_waits)
