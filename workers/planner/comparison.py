"""The planner of comparisons: trains arms in rounds until the evidence is there, asks the baseline why, reports."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkSpan
from api_schemas.jobs import Phase
from api_schemas.plans import BASELINE, Plan
from api_schemas.reports.report import Report
from augury.evidence.analysis import Analysis, analyse
from augury.evidence.comparison_report import comparison_report
from augury.evidence.final_scores.arms import scored_arms
from augury.evidence.next_round import Extension, MoreEpochs, next_round
from augury.planning import automatic_epochs, comparison
from augury.planning.conditions import judged_models
from store import queue
from store.queue import Message
from store.rows import chunks, datasets, jobs, plans, trials
from store.rows.questions import with_earlier_reports
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context
from workers.planner.conclusion import fail_job, finish_with_report, is_as_seen, note_look
from workers.planner.evidence_reader import read_results, read_scores
from workers.planner.final_scores import has_to_wait
from workers.planner.step import Step
from workers.planner.trial_slots import stand

_PROBED_SEEDS = 5
"""Baseline models that are asked: their number narrows affinity's intervals little beyond the images they judge."""


def next_step(session: Session, job: JobRow, dataset: DatasetRow, now: float) -> Step:
    """Make the plan, publish what is due, or look at the evidence."""
    standing = stand(session, job, dataset, now)
    if standing is None:
        return Step()
    messages = [*standing.messages, *_publish_questions(session, job, now)]
    is_waiting = standing.is_waiting or chunks.is_any_unfinished(session, job.id)
    return Step(messages, is_to_be_concluded=not is_waiting)


def conclude(context: Context, job_id: str) -> None:
    """All that was due is done: train more where the evidence calls for it, or report."""
    try:
        analysis = analyse(read_results(context, job_id))
        extension = None if analysis.results.stopped else next_round(analysis, context.settings.training_limits)
    except OperationalError:  # the database was away: the conclusion is tried again
        raise
    except Exception as error:  # a job must not wait for ever for a report that cannot be made
        fail_job(context, job_id, error)
        return
    if isinstance(extension, MoreEpochs):
        _begin_anew(context, job_id, analysis, extension.epochs)
    elif extension is None:
        results = analysis.results
        if has_to_wait(context, results, scored_arms(results, analysis)):
            return

        def report_at(created_at: str) -> Report:
            return comparison_report(analysis, created_at, read_scores(context, results, analysis))

        finish_with_report(context, job_id, results.plan, report_at)
    else:
        _extend(context, job_id, analysis, extension)


def _extend(context: Context, job_id: str, analysis: Analysis, extension: Extension) -> None:
    seen = analysis.results.plan
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        if job is None or not is_as_seen(job, seen):
            return
        dataset = session.get_one(DatasetRow, job.dataset_id)
        now = context.database.now(session)
        added = extension.round
        if extension.recommendation is not None:
            used = datasets.take_fresh_seeds(session, job.project_id, analysis.results.digest, len(added.seeds))
            added = added.model_copy(update={"seeds": [seed + used for seed in added.seeds]})
            seen = seen.model_copy(update={"recommendation": extension.recommendation})
        plan = comparison.with_round(seen, added, *extension.arms)
        note_look(session, job, seen, [each.verdict for each in analysis.judgements], now)
        jobs.adopt_plan(session, job, plan, dataset, now)
        jobs.begin(session, job, Phase.CONFIRMING if extension.recommendation else Phase.TRAINING, now)
    context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)


def _begin_anew(context: Context, job_id: str, analysis: Analysis, epochs: int) -> None:
    """Train the first round for so many epochs; what it was trained for before is kept under other names."""
    seen = analysis.results.plan
    with context.database.writing() as session:
        job = jobs.locked(session, job_id)
        if job is None or not is_as_seen(job, seen):
            return
        dataset, now = session.get_one(DatasetRow, job.dataset_id), context.database.now(session)
        if seen.epochs is None:
            found = automatic_epochs.with_epochs_found(seen, epochs)
            plan = comparison.with_round(found, found.due[0])
        else:
            plan = automatic_epochs.with_longer_round(seen, epochs)
            earlier = plan.rounds[-1].arms
            names = {arm.variant_of: arm.name for arm in plan.arms if arm.name in earlier and arm.variant_of}
            plans.call_arms_otherwise(session, job_id, names)
            chunks.forget_questions(session, job_id)  # to the models of before; these are asked, too
        plan = with_earlier_reports(session, analysis.results.request, plan, dataset, job_id)
        jobs.adopt_plan(session, job, plan, dataset, now)
        jobs.begin(session, job, Phase.TRAINING, now)
    context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)


def _publish_questions(session: Session, job: JobRow, now: float) -> list[Message]:
    """What trained models are asked, each as soon as it is there: probes, and what they are to be judged on besides."""
    if job.stop_requested_at is not None or job.plan is None:
        return []
    first = job.plan["seeds"][:_PROBED_SEEDS]
    trained = trials.trained_seeds(session, job.id, BASELINE, first)
    chunks.add_probes(session, job.id, trained, job.queue, now)
    if job.plan.get("conditions") is not None:
        _add_conditions(session, job, now)
    return [queue.doorbell(kind) for kind in chunks.take_for_publishing(session, job.id, now)]


def _add_conditions(session: Session, job: JobRow, now: float) -> None:
    """A chunk for every trained model of the plan's conditions that has none yet."""
    plan = Plan.model_validate(job.plan)
    if plan.conditions is None or not plan.conditions.targets:
        return
    trained = trials.trained_slots(session, job.id, plan.seeds)
    spans = [
        ChunkSpan(number=number, first=0, images=plan.conditions.images_per_model)
        for number, model in enumerate(judged_models(plan))
        if model in trained
    ]
    chunks.add_missing(session, job.id, ChunkRole.CONDITION, spans, job.queue, now)
