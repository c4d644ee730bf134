"""The sweep: whatever was lost — a worker, a message, a whole broker — is found here and put right.

It has parts, each with transactions of its own: one that fails holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from kombu.exceptions import OperationalError
from sqlalchemy import or_, select

from api_schemas.failures import Failure, FailureClass
from store import queue
from store.queue import Message
from store.rows import handout, jobs, leases
from store.rows.counters import counting
from store.rows.tables import JobRow
from store.rows.uploads import begun
from workers.context import Context
from workers.maintenance import answers, dataset_files, model_files, needless_files, old_rows, project_end, webhooks

_MAX_DOORBELLS = 500
_MAX_LOOKS = 200
_MIN_LOOKS = 20
"""Jobs that are looked at again in one sweep, however many messages wait: some of them may be of dead jobs only."""
_MAX_OVERDUE = 200
_MAX_UPLOADS = 200

Depths = dict[str, int]
"""How many messages wait in each queue; nothing at all while the broker is away."""

log = structlog.get_logger(__name__)


def sweep(context: Context) -> bool:
    """Take work back from lost workers, ring and look again, end what is overdue, forget what is old.

    Returns whether all parts of it were done.
    """
    depths = _depths(context)
    done = [_is_done(part, context, depths) for part in _PARTS]
    return all(done)


def _is_done(part: Callable[[Context, Depths], None], context: Context, depths: Depths) -> bool:
    try:
        part(context, depths)
    except Exception:  # the next part may be the one that others wait for
        log.exception("a part of the sweep failed", part=part.__name__)
        return False
    return True


def _depths(context: Context) -> Depths:
    try:
        return {name: context.queue.depth(name) for name in (queue.CONTROL, *queue.WORKERS)}
    except (OperationalError, OSError) as error:
        log.warning("the broker is away", reason=str(error))
        return {}


def _take_back(context: Context, _depths: Depths) -> None:
    for kind in leases.KINDS:
        with context.database.writing() as session:
            now = context.database.now(session)
            touched = leases.expire(session, kind, now=now, max_attempts=context.settings.max_attempts)
            for unit_id in touched:
                log.warning("a worker was lost", unit=unit_id)
                jobs.settle_cancelled(session, unit_id, now)
            messages = [(queue.ADVANCE, job_id, queue.CONTROL) for job_id in jobs.waiting_for(session, touched)]
        _publish(context, messages)


def _end_overdue(context: Context, _depths: Depths) -> None:
    with context.database.reading() as session:
        is_overdue = (JobRow.finished_at.is_(None), JobRow.deadline_at < context.database.now(session))
        overdue = session.scalars(select(JobRow.id).where(*is_overdue).limit(_MAX_OVERDUE)).all()
    for job_id in overdue:
        with context.database.writing() as session:
            failure = Failure.of(FailureClass.TIMEOUT, "the job was not done by its deadline")
            jobs.fail(session, job_id, failure, context.database.now(session))


def _ring_again(context: Context, depths: Depths) -> None:
    """As many doorbells as more units wait for a kind of worker than messages do: some were lost.

    A queue with as many messages as there are waiting units has lost nothing, however long they wait.
    """
    known = [kind for kind in queue.WORKERS if kind in depths]
    with context.database.reading() as session:
        missing = {kind: min(handout.waiting(session, kind) - depths[kind], _MAX_DOORBELLS) for kind in known}
    _publish(context, [queue.doorbell(kind) for kind, count in missing.items() for _ in range(count)])


def _advance_again(context: Context, depths: Depths) -> None:
    """Look again at jobs that nobody has looked at for a while, the longest first, however busy the planners are."""
    if queue.CONTROL not in depths:
        return
    settings = context.settings
    looks = min(_MAX_LOOKS, max(_MIN_LOOKS, _MAX_LOOKS - depths[queue.CONTROL]))
    with context.database.writing() as session:
        now = context.database.now(session)
        before = now - settings.republish_seconds
        is_old = [or_(moment.is_(None), moment < before) for moment in (JobRow.published_at, JobRow.looked_at)]
        is_due = (JobRow.finished_at.is_(None), JobRow.created_at < now - settings.sweep_seconds, *is_old)
        longest = JobRow.published_at.asc().nulls_first(), JobRow.id
        rows = session.scalars(select(JobRow).where(*is_due).order_by(*longest).limit(looks)).all()
        for row in rows:
            row.published_at = now
        messages = [(queue.ADVANCE, row.id, queue.CONTROL) for row in rows]
    _publish(context, messages)


def _forget(context: Context, _depths: Depths) -> None:
    old_rows.give_up_parts(context)
    old_rows.forget_if_due(context)
    _forget_uploads(context)
    dataset_files.bury(context)
    model_files.bury(context)
    webhooks.clear_away(context)


def _forget_uploads(context: Context) -> None:
    """Those that nobody has gone on with; what has come of them the service removes, where it lies."""
    with context.database.writing() as session:
        begun.forget_expired(session, context.database.now(session), _MAX_UPLOADS)


def _add_up(context: Context, _depths: Depths) -> None:
    with context.database.writing() as session:
        counting.add_up(session)


def _note_answers(context: Context, _depths: Depths) -> None:
    answers.note_earlier(context)


def _delete_files(context: Context, _depths: Depths) -> None:
    needless_files.delete(context)


def _publish(context: Context, messages: list[Message]) -> None:
    """To be called after the commit."""
    for message in messages:
        context.queue.publish(*message)


def _end_projects(context: Context, _depths: Depths) -> None:
    project_end.go_on(context)


_PARTS = (
    _take_back,
    _end_overdue,
    _ring_again,
    _advance_again,
    _end_projects,
    _forget,
    _add_up,
    _note_answers,
    _delete_files,
)
