"""Questions that were answered before: finished reports that show what another job's arms are about to show.

A question is a candidate against the baseline on one dataset, split, model and training; trials that two jobs share are
on the same of all of these, so their keys say which reports are on the same question. What a trial leaves beside its
result makes another key of it, and no other result. What decides is no part of a question: metrics of the same trials
are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, JobKind, TrialRequest
from api_schemas.plans import BASELINE, CandidatePlan, EarlierReport, Plan
from api_schemas.training.trials import TrialState
from augury.evidence.statistics.schedules import schedule_of
from augury.planning.comparison import trial_definition
from augury.planning.splits import split_definition
from augury.planning.trial_definition import TrialDefinition, training_version
from store.rows.tables import DatasetRow, JobRow, JobTrialRow, TrialRow
from store.rows.trials import IS_LIVE

_MIN_SEEDS = 2
"""Fewer give no difference, and so no look."""

Keys = dict[str, dict[int, str]]
"""Of trials, by arm and seed."""
OwnKeys = dict[str, dict[int, frozenset[str]]]
"""The same with all the keys that a trial of that result may have."""


def with_earlier_reports(
    session: Session, request: TrialRequest, plan: Plan, dataset: DatasetRow, job_id: str | None = None
) -> Plan:
    """The plan with the project's finished reports, not that job's own, that have shown what it asks; oldest first."""
    if not isinstance(request, ComparisonRequest) or dataset.digest is None:
        return plan
    if plan.epochs is None and request.training.epochs == "auto":
        return plan  # what the question is shows only once the number of epochs was found
    own = _keys(request, plan, dataset)
    found = []
    for job in _with_reports(session, dataset.project_id, own, job_id):
        earlier_plan, theirs = Plan.model_validate(job.plan), _trained(session, job.id)
        for candidate in plan.candidates:
            of_candidate = (_shown(job, earlier_plan, theirs, own, candidate, each) for each in earlier_plan.candidates)
            found += [each for each in of_candidate if each is not None]
    return plan.model_copy(update={"earlier": found})


def _keys(request: ComparisonRequest, plan: Plan, dataset: DatasetRow) -> OwnKeys:
    assert dataset.digest is not None
    facts, evaluation = DatasetFacts.model_validate(dataset.facts), request.evaluation
    seeds = range(evaluation.first_seed, evaluation.first_seed + evaluation.max_seeds)
    compared = {BASELINE, *(candidate.arm for candidate in plan.candidates)}
    split = split_definition(evaluation, facts, held_out=plan.held_out)
    return {
        arm.name: {
            seed: _alike(trial_definition(request, arm, seed, dataset.digest, split, plan.epochs)) for seed in seeds
        }
        for arm in plan.arms
        if arm.name in compared
    }


def _alike(definition: TrialDefinition) -> frozenset[str]:
    """The keys of a trial with and without what it leaves beside its result.

    That is its model, which where nothing is augmented is always kept; all classes' probabilities; and what it makes of
    a test split.
    """
    options = product(
        (False, True) if definition.spec.has_augmentation else (definition.keep_model,),
        (None, "test") if definition.split.kind == "fixed" else (None,),
        {training_version(definition.training, needs_probabilities=needed) for needed in (False, True)},
    )
    return frozenset(
        definition.model_copy(update={"keep_model": kept, "scored_on": scored, "version": version}).key()
        for kept, scored, version in options
    )


def _with_reports(session: Session, project: str, own: OwnKeys, job_id: str | None) -> list[JobRow]:
    """Comparisons with a report that have trials of the baseline and of a candidate among these, oldest first."""
    of_candidates = [each for arm, of_arm in own.items() if arm != BASELINE for each in of_arm.values()]
    keys = (frozenset().union(*each) for each in (own[BASELINE].values(), of_candidates))
    shared = (
        select(JobTrialRow.job_id)
        .join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        .where(TrialRow.project_id == project, TrialRow.key.in_(list(each)), IS_LIVE)
        for each in keys
    )
    query = select(JobRow).where(
        *(JobRow.id.in_(each) for each in shared),
        JobRow.project_id == project,
        JobRow.kind == JobKind.COMPARISON,
        JobRow.report_artifact.is_not(None),
    )
    return [job for job in session.scalars(query.order_by(JobRow.id)) if job.id != job_id]


def _trained(session: Session, job_id: str) -> Keys:
    query = (
        select(JobTrialRow.arm, JobTrialRow.seed, TrialRow.key)
        .join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        .where(JobTrialRow.job_id == job_id, TrialRow.state == TrialState.SUCCEEDED)
    )
    keys: Keys = {}
    for arm, seed, key in session.execute(query):
        keys.setdefault(arm, {})[seed] = key
    return keys


def _shown(
    job: JobRow, plan: Plan, theirs: Keys, own: OwnKeys, candidate: CandidatePlan, other: CandidatePlan
) -> EarlierReport | None:
    """What the job's report shows of the candidate, which it calls *other*; None where that is another question."""
    if not _common(own[BASELINE], theirs.get(BASELINE, {})) & _common(own[candidate.arm], theirs.get(other.arm, {})):
        return None
    of_rounds = [
        seed
        for each in plan.rounds
        if each.purpose == "comparison" and other.arm in each.arms
        for seed in each.seeds
        if seed in theirs[BASELINE] and seed in theirs[other.arm]
    ]
    if len(of_rounds) < _MIN_SEEDS:
        return None
    schedule = schedule_of(plan, ComparisonRequest.model_validate(job.request).evaluation, other.name)
    return EarlierReport(
        job_id=job.id,
        candidate=candidate.name,
        seeds=of_rounds,
        looks=sorted({look for look in schedule if look < len(of_rounds)} | {len(of_rounds)}),
        reserve=plan.reserve,
        further=schedule.further - sum(each.further for each in plan.earlier if each.candidate == other.name),
    )


def _common(own: Mapping[int, frozenset[str]], theirs: Mapping[int, str]) -> set[int]:
    return {seed for seed, keys in own.items() if theirs.get(seed) in keys}
