"""What is old is forgotten: in bounded batches, once an hour, or at once again while there is more of it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.files.names import chunks_folder, trial_folder
from store.queue import identity
from store.rows import chunks, idempotency, trials
from store.rows.audit import trail
from store.rows.ending import old_jobs
from store.rows.upkeep import duties, tombstones
from store.settings import SECONDS_PER_DAY, SECONDS_PER_HOUR
from workers.context import Context
from workers.maintenance import retention
from workers.maintenance.stray_uploads import bury_stray_uploads

_MAX_AT_ONCE = 200


def give_up_parts(context: Context) -> None:
    """The parts of an augmentation go as soon as its job is over: the archive has it all."""
    with context.database.writing() as session:
        folders = [chunks_folder(job_id) for job_id in chunks.give_up_parts(session, _MAX_AT_ONCE)]
        tombstones.bury(session, folders, context.database.now(session))


def forget_if_due(context: Context) -> None:
    """Drop old idempotency keys and jobs, and trials that no job has any more, and have their files deleted."""
    if not _is_due(context):
        return
    bury_stray_uploads(context)
    is_kept = retention.carry_out(context)
    with context.database.writing() as session:
        now = context.database.now(session)
        are_keys_done = idempotency.forget_older(session, now - context.settings.idempotency_hours * SECONDS_PER_HOUR)
        too_old = now - context.settings.job_retention_days * SECONDS_PER_DAY
        old_trials = [trial_folder(trial_id) for trial_id in trials.forget(session, too_old, _MAX_AT_ONCE)]
        tombstones.bury(session, old_trials, now)
        most = max(_forget_jobs(session, too_old, now), len(old_trials), _forget_audit(context, session, now))
        if are_keys_done and is_kept and most < _MAX_AT_ONCE:
            duties.note_done(session, duties.FORGET, now)


def _forget_audit(context: Context, session: Session, now: float) -> int:
    return trail.forget(session, now - context.settings.audit_retention_days * SECONDS_PER_DAY, _MAX_AT_ONCE)


def _is_due(context: Context) -> bool:
    with context.database.writing() as session:
        now = context.database.now(session)
        if not duties.take(session, duties.FORGET, owner=identity(), now=now, seconds=context.settings.lease_seconds):
            return False
        done_at = duties.done_at(session, duties.FORGET)
        return done_at is None or now - done_at >= SECONDS_PER_HOUR


def _forget_jobs(session: Session, before: float, now: float) -> int:
    """How many were forgotten."""
    forgotten = old_jobs.forget(session, before, _MAX_AT_ONCE)
    tombstones.bury(session, [each.folder for each in forgotten], now)
    return len(forgotten)
