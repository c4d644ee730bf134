"""What differs between kinds of jobs when one is submitted: what stands in its way, and what it amounts to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest, JobKind, JobRequest, TrialRequest
from api_schemas.plans import AugmentationPlan, Plan
from api_schemas.training.automatic_epochs import most_epochs
from augury.planning import augmentation, comparison
from augury.planning.comparison import recommends
from augury.planning.effort import EffortLimits, effort_problem, images_problem
from augury.planning.final_scores import with_final_scores
from augury.planning.metric_problems import metric_problem
from augury.planning.responses import data_problem
from augury.planning.split_problems import split_problem, test_problem
from augury.planning.splits import held_out_share
from augury.planning.training_problems import training_problem
from service.datasets.registration import facts_of
from service.http.problem_types import INVALID_REQUEST
from service.jobs.conditions import facts_of_test
from store.rows.needs.worker import worker_for
from store.rows.plans import with_reuse_and_estimate
from store.rows.tables import DatasetRow
from store.rows.upkeep import workers_seen

_ASSUMED_DTYPE = "uint8"  # of a dataset that was not looked into yet; the plan is settled when it is
_TOO_MUCH = (
    "this is more training than one job may ask for: take fewer arms, seeds or epochs, or make several jobs of it"
)

_TOO_MANY_IMAGES = "take fewer images, conditions, strengths, arms or seeds"


@dataclass(frozen=True)
class Amount:
    """What a request comes to, as far as its dataset is known.

    Attributes:
        trials: that are trained first; more may follow.
        stored_bytes: of the files that the job leaves to its client, at most.
        leaves_files: whether it leaves any.
    """

    trials: int = 0
    stored_bytes: int = 0
    leaves_files: bool = False


def require_feasible(request: JobRequest, facts: DatasetFacts | None) -> None:
    """Refuse a request that this dataset cannot be used for, as far as the dataset is known already.

    Raises:
        ProblemError: it cannot.
    """
    if facts is None:
        return
    for check in _KINDS[request.kind].checks:
        problem = check.problem(request, facts)
        if problem is not None:
            raise INVALID_REQUEST.error_at(f"body.{check.field}", problem, f"{check.refusal}; nothing was stored")


def require_affordable(
    session: Session, project: str, request: JobRequest, facts: DatasetFacts | None, limits: EffortLimits
) -> Amount:
    """Refuse a request that comes to more training, or more images, than one job may ask for; what it comes to.

    Raises:
        ProblemError: it does; the numbers are in it.
    """
    if not isinstance(request, TrialRequest):
        _require_small_enough(request, facts, limits.max_archive_bytes)
        return Amount(stored_bytes=0 if facts is None else _archive_bytes(request, facts), leaves_files=True)
    plan = comparison.plan_of(request, facts or _ASSUMED_DTYPE)
    plan = with_final_scores(plan, request, facts_of_test(session, project, request))
    problem = effort_problem(plan, plan.trials_most, plan.epochs or most_epochs(request.training), limits)
    if problem is not None:
        raise INVALID_REQUEST.error_at("body.evaluation.seeds", problem, f"{_TOO_MUCH}; nothing was stored")
    for field, shown in (("conditions", plan.conditions), ("test", plan.final_scores)):
        problem = images_problem(shown, limits)
        if problem is not None:
            raise INVALID_REQUEST.error_at(
                f"body.evaluation.{field}", problem, f"{_TOO_MANY_IMAGES}; nothing was stored"
            )
    return Amount(trials=plan.trials)


def _archive_bytes(request: AugmentationRequest, facts: DatasetFacts) -> int:
    """At most; nothing where the splits are not there, which is said elsewhere."""
    if augmentation.splits_problem(request, facts) is not None:
        return 0
    return augmentation.output_bytes(request, facts, augmentation.plan_augmentation(request, facts).images or 0)


def _require_small_enough(request: AugmentationRequest, facts: DatasetFacts | None, max_bytes: int) -> None:
    """Of a dataset that is not known yet a worker looks, before it makes the first image."""
    problem = None if facts is None else augmentation.output_problem(request, facts, max_bytes)
    if problem is not None:
        raise INVALID_REQUEST.error_at("body.rounds", problem, "the archive would be too large; nothing was stored")


def plan_of(
    session: Session, project: str, request: JobRequest, dataset: DatasetRow | None, now: float
) -> Plan | AugmentationPlan:
    """What a request amounts to, as far as its dataset is known, and whether there is who could carry it out."""
    plan = _KINDS[request.kind].plan(session, project, request, dataset)
    return plan.model_copy(update={"waiting_for": workers_seen.absence(session, worker_for(request), now)})


@dataclass(frozen=True)
class _Check:
    """What may stand in the way of a request, and the field that it is about."""

    field: str
    refusal: str
    problem: Callable[[Any, DatasetFacts], str | None]


@dataclass(frozen=True)
class _Kind:
    """The requests are of the kind that the table below says, which the type checker cannot see."""

    checks: tuple[_Check, ...]
    plan: Callable[[Session, str, Any, DatasetRow | None], Plan | AugmentationPlan]


def _split_problem(request: TrialRequest, facts: DatasetFacts) -> str | None:
    return split_problem(request.evaluation, facts, recommend=recommends(request))


def _plan_trials(session: Session, project: str, request: TrialRequest, dataset: DatasetRow | None) -> Plan:
    facts = facts_of(dataset)
    if dataset is None or facts is None:
        plan = comparison.plan_of(request, _ASSUMED_DTYPE)
        return with_final_scores(plan, request, facts_of_test(session, project, request))
    plan = with_final_scores(comparison.plan_of(request, facts), request, facts_of_test(session, project, request))
    return with_reuse_and_estimate(session, request, plan, dataset)


def _plan_augmentation(
    _session: Session, _project: str, request: AugmentationRequest, dataset: DatasetRow | None
) -> AugmentationPlan:
    return augmentation.plan_augmentation(request, facts_of(dataset))


def _data_problem(request: TrialRequest, facts: DatasetFacts) -> str | None:
    held_out = held_out_share(request.evaluation, facts) if recommends(request) else None
    return data_problem(request, facts, held_out)


def _test_problem(request: TrialRequest, facts: DatasetFacts) -> str | None:
    return test_problem(request.evaluation, facts)


def _metric_problem(request: TrialRequest, facts: DatasetFacts) -> str | None:
    return metric_problem(request.evaluation, facts)


def _training_problem(request: TrialRequest, facts: DatasetFacts) -> str | None:
    return training_problem(request.training, facts)


_BY_TRIALS = _Kind(
    (
        _Check("evaluation", "the dataset cannot be split as asked", _split_problem),
        _Check("evaluation.test", "the dataset has no untouched test split", _test_problem),
        _Check("evaluation.metric", "the dataset cannot be judged by this metric", _metric_problem),
        _Check("training", "the dataset cannot be trained on as asked", _training_problem),
        _Check("data_response", "the dataset is too small for that share of it", _data_problem),
    ),
    _plan_trials,
)
_AS_FILES = _Kind(
    (
        _Check("splits", "the dataset has no such splits", augmentation.splits_problem),
        _Check("format", "the images cannot be stored as asked", augmentation.format_problem),
    ),
    _plan_augmentation,
)
_KINDS: dict[JobKind, _Kind] = {
    JobKind.COMPARISON: _BY_TRIALS,
    JobKind.TRAINING: _BY_TRIALS,
    JobKind.AUGMENTATION: _AS_FILES,
}
