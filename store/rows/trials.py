"""Trial rows: content-addressed units of training that the jobs of a project share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, exists, select, text, update
from sqlalchemy.orm import Session, aliased

from api_schemas.base import optional_timestamp, timestamp
from api_schemas.failures import Failure
from api_schemas.jobs import JobState
from api_schemas.training.models import ModelSpec
from api_schemas.training.trials import Trial, TrialResult, TrialState
from augury.planning.trial_definition import TrialDefinition, canonical_model, written_model
from store.database import insert_into
from store.ids import TRIAL, new_id
from store.rows import leases, state_machines
from store.rows.leases import Lease
from store.rows.state_machines import move_all
from store.rows.tables import JobRow, JobTrialRow, ModelRow, TrialRow

LIVE_JOB_STATES = (JobState.QUEUED, JobState.RUNNING)
IS_LIVE = text("trials.state in ('queued', 'running', 'succeeded')")
"""Waiting, running or done. In the words of the index ``one_live_trial_per_key``, which serves nobody who says it
otherwise."""
_IS_UNPUBLISHED = text("trials.state = 'queued' and trials.published_at is null")  # as the index says it
_MAX_KEYS_AT_ONCE = 500


@dataclass(frozen=True)
class Found:
    """The live trial of a key."""

    id: str
    state: str
    is_new: bool = False


def trained(session: Session, project: str, keys: Iterable[str]) -> set[str]:
    """Those of the keys of which a trial of the project has given its result already."""
    wanted, found = sorted(set(keys)), set[str]()
    for first in range(0, len(wanted), _MAX_KEYS_AT_ONCE):
        page = (TrialRow.project_id == project, TrialRow.key.in_(wanted[first : first + _MAX_KEYS_AT_ONCE]))
        done = select(TrialRow.key).where(*page, IS_LIVE, TrialRow.state == TrialState.SUCCEEDED)
        found |= set(session.scalars(done))
    return found


def ensure_all(
    session: Session,
    project: str,
    definitions: Mapping[str, TrialDefinition],
    *,
    dataset_id: str,
    queue: str,
    now: float,
) -> dict[str, Found]:
    """The project's live trials for definitions, by their keys; new ones, queued, where there are none.

    They stay as they are until the transaction ends. A key is missing in the answer where another transaction made its
    trial first and has ended it since. For a few hundred at a time: what is locked here, others wait for.
    """
    found = _find_live(session, project, definitions)
    missing = sorted(definitions.keys() - found.keys())  # in one order, so that two planners do not wait for each other
    if not missing:
        return found
    digests = _store_models(session, (definitions[key].model for key in missing), now)
    of_all = {"project_id": project, "dataset_id": dataset_id, "queue": queue, "created_at": now}
    rows = [_new(key, definitions[key], digests) | of_all for key in missing]
    session.execute(insert_into(session, TrialRow).on_conflict_do_nothing(), rows)
    made = {row["id"] for row in rows}
    found |= {key: replace(each, is_new=each.id in made) for key, each in _find_live(session, project, missing).items()}
    return found


def _find_live(session: Session, project: str, keys: Iterable[str]) -> dict[str, Found]:
    asked = (TrialRow.project_id == project, TrialRow.key.in_(list(keys)))
    query = select(TrialRow.key, TrialRow.id, TrialRow.state).where(*asked, IS_LIVE)
    rows = session.execute(query.order_by(TrialRow.key).with_for_update(read=True))
    return {key: Found(trial_id, state) for key, trial_id, state in rows}


def _store_models(session: Session, models: Iterable[ModelSpec], now: float) -> dict[str, str]:
    """Digests of the models that are stored apart from their trials, by how they are written."""
    written = {written_model(model): model for model in models if model.config is not None}
    digests = {each: hashlib.sha256(each.encode()).hexdigest() for each in written}
    rows = [{"digest": digests[each], "model": canonical_model(written[each]), "used_at": now} for each in written]
    if rows:
        # That it is written, and not only looked at, keeps another transaction from forgetting it just now.
        statement = insert_into(session, ModelRow)
        session.execute(statement.on_conflict_do_update(index_elements=["digest"], set_={"used_at": now}), rows)
    return digests


def _new(key: str, definition: TrialDefinition, digests: Mapping[str, str]) -> dict[str, Any]:
    digest = digests.get(written_model(definition.model))
    return {
        "id": new_id(TRIAL), "key": key, "setting": definition.setting(), "model_digest": digest,
        "definition": definition.canonical() if digest is None else definition.without_model(),
        "state": TrialState.QUEUED, "attempts": 0, "epoch": 0, "epochs": definition.training.epochs,
    }  # fmt: skip


def definition_of(session: Session, trial: TrialRow) -> dict[str, Any]:
    """The whole definition as it was stored, which ``TrialDefinition.model_validate`` takes."""
    if trial.model_digest is None:
        return trial.definition
    return trial.definition | {"model": session.get_one(ModelRow, trial.model_digest).model}


def take_for_publishing(session: Session, job_id: str, now: float) -> int:
    """Note that all queued trials of a job are rung for; for how many that was not so yet."""
    own = exists().where(JobTrialRow.trial_id == TrialRow.id, JobTrialRow.job_id == job_id)
    statement = update(TrialRow).where(_IS_UNPUBLISHED, own).values(published_at=now)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def is_any_stopping(session: Session, job_id: str) -> bool:
    """Whether a trial of a job that was asked to stop has not done so yet."""
    own = (JobTrialRow.job_id == job_id, JobTrialRow.trial_state == TrialState.RUNNING)
    query = select(TrialRow.id).join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id).where(*own)
    return session.scalar(query.where(TrialRow.cancel_requested_at.is_not(None)).limit(1)) is not None


def trained_seeds(session: Session, job_id: str, arm: str, seeds: Iterable[int]) -> list[int]:
    """Those of the seeds on which an arm of a job is trained, in order."""
    of_arm = (JobTrialRow.job_id == job_id, JobTrialRow.arm == arm, JobTrialRow.seed.in_(list(seeds)))
    query = select(JobTrialRow.seed).where(*of_arm, JobTrialRow.trial_state == TrialState.SUCCEEDED)
    return list(session.scalars(query.order_by(JobTrialRow.seed)))


def trained_slots(session: Session, job_id: str, seeds: Iterable[int]) -> set[tuple[str, int]]:
    """The arms of a job that are trained on these seeds, each with its seed."""
    of_job = (JobTrialRow.job_id == job_id, JobTrialRow.seed.in_(list(seeds)))
    query = select(JobTrialRow.arm, JobTrialRow.seed).where(*of_job, JobTrialRow.trial_state == TrialState.SUCCEEDED)
    return {(arm, seed) for arm, seed in session.execute(query)}


def succeed(session: Session, lease: Lease, result: TrialResult, now: float) -> bool:
    """Record what a training run measured; False when the lease was lost."""
    return leases.finish(
        session,
        lease,
        TrialState.SUCCEEDED,
        now=now,
        epoch=result.epochs,
        batch=0,
        result=result.model_dump(mode="json"),
    )


def fail(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Record why a training run gave no result; False when the lease was lost."""
    return leases.finish(session, lease, TrialState.FAILED, now=now, error=failure.model_dump(mode="json"))


def cancel_of_job(session: Session, job_id: str, now: float) -> bool:
    """Drop the trials that only this job needs; True when none of them is running (any more).

    Queued ones end at once; running ones are asked to stop and end when their worker has stopped.
    """

    def doomed(state: TrialState) -> tuple[ColumnElement[bool], ...]:
        own = select(JobTrialRow.trial_id).where(JobTrialRow.job_id == job_id, JobTrialRow.trial_state == state)
        return TrialRow.id.in_(own), TrialRow.state == state, ~_needed_by_another_job(job_id)

    move_all(session, state_machines.TRIAL, TrialState.CANCELLED, *doomed(TrialState.QUEUED), finished_at=now)
    running = doomed(TrialState.RUNNING)
    unasked = TrialRow.cancel_requested_at.is_(None)
    session.execute(update(TrialRow).where(*running, unasked).values(cancel_requested_at=now))
    return session.scalar(select(TrialRow.id).where(*running).limit(1)) is None


def _needed_by_another_job(job_id: str) -> ColumnElement[bool]:
    link = aliased(JobTrialRow)
    return exists().where(
        link.trial_id == TrialRow.id,
        link.job_id != job_id,
        JobRow.id == link.job_id,
        JobRow.state.in_(LIVE_JOB_STATES),
    )


def jobs_of(session: Session, trial_ids: Iterable[str]) -> Sequence[str]:
    """The jobs that wait for any of these trials."""
    query = (
        select(JobTrialRow.job_id)
        .distinct()
        .join(JobRow, JobRow.id == JobTrialRow.job_id)
        .where(JobTrialRow.trial_id.in_(list(trial_ids)), JobRow.finished_at.is_(None))
    )
    return session.scalars(query).all()


def of_job(session: Session, job_id: str) -> list[tuple[JobTrialRow, TrialRow]]:
    """A job's slots (an arm on a seed) and the trials that fill them, in the order of arms and seeds."""
    query = (
        select(JobTrialRow, TrialRow)
        .join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        .where(JobTrialRow.job_id == job_id)
        .order_by(JobTrialRow.arm, JobTrialRow.seed)
    )
    return [(link, trial) for link, trial in session.execute(query).all()]


def forget(session: Session, older_than: float, limit: int, *narrowed: ColumnElement[bool]) -> list[str]:
    """Remove trials that ended before then and are in no job any more; their ids, as their files can go, too."""
    has_job = exists().where(JobTrialRow.trial_id == TrialRow.id)
    query = select(TrialRow.id, TrialRow.model_digest).where(TrialRow.finished_at < older_than, ~has_job, *narrowed)
    forgotten = session.execute(query.order_by(TrialRow.finished_at).limit(limit)).all()
    if not forgotten:
        return []
    session.execute(delete(TrialRow).where(TrialRow.id.in_([trial_id for trial_id, _ in forgotten])))
    models = (ModelRow.digest.in_({digest for _, digest in forgotten if digest}), ModelRow.used_at < older_than)
    session.execute(delete(ModelRow).where(*models, ~exists().where(TrialRow.model_digest == ModelRow.digest)))
    return [trial_id for trial_id, _ in forgotten]


def to_wire(link: JobTrialRow, row: TrialRow) -> Trial:
    """The trial as clients of the job see it."""
    state = TrialState(row.state)
    return Trial(
        id=row.id,
        arm=link.arm,
        seed=link.seed,
        state=state,
        is_terminal=state.is_terminal,
        reused=link.reused,
        attempts=row.attempts,
        epoch=row.epoch,
        epochs=row.epochs,
        batch=row.batch,
        batches=row.batches,
        expected_seconds=row.expected_seconds if state is TrialState.RUNNING else None,
        key=row.key,
        spec=row.definition["spec"],  # as it was stored, so that trials of every version can be shown
        result=None if row.result is None else TrialResult.model_validate(row.result),
        error=None if row.error is None else Failure.model_validate(row.error),
        created_at=timestamp(row.created_at),
        started_at=optional_timestamp(row.started_at),
        finished_at=optional_timestamp(row.finished_at),
    )
