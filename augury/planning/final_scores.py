"""The last score on another dataset: which models may be asked for it, and what that amounts to."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, TrialRequest
from api_schemas.plans import Arm, ArmRole, FinalScoresPlan, Plan
from api_schemas.training.evaluation import EvaluationSettings
from api_schemas.training.metrics import metric_choice
from augury.planning.conditions import dataset_obstacle
from augury.planning.metric_problems import MAX_STORED_PROBABILITIES
from augury.wording import listed, shortened

_SCORED = (ArmRole.BASELINE, ArmRole.CANDIDATE, ArmRole.RECOMMENDED)
_MAX_ARMS = 100_000
_CONFIRMATION_SEEDS = 5
_MAX_NAMED, _MAX_NAME_LENGTH = 5, 40


def is_scored_by_its_model(evaluation: EvaluationSettings, arm: Arm) -> bool:
    """Whether a trial's model must be kept, as it may be the best in the end, or what that is compared with.

    One that nothing was augmented for is kept in any case.
    """
    return evaluation.test_dataset is not None and arm.role in _SCORED and arm.spec.has_augmentation


def number_of_slot(plan: Plan, arm: str, seed: int) -> int:
    """The number of the chunk that scores the model of an arm on a seed: the same however a plan grows.

    Raises:
        StopIteration: the plan has no such arm.
    """
    return seed * _MAX_ARMS + next(at for at, each in enumerate(plan.arms) if each.name == arm)


def slot_of(plan: Plan, number: int) -> tuple[str, int]:
    """The arm and the seed of the chunk with that number."""
    seed, arm = divmod(number, _MAX_ARMS)
    return plan.arms[arm].name, seed


def with_final_scores(plan: Plan, request: TrialRequest, other: DatasetFacts | None) -> Plan:
    """The plan with what scoring another dataset amounts to, where that is asked for.

    Args:
        plan: of a comparison or a training.
        request: that it is made for.
        other: what is known of the other dataset; None where it is not there any more.
    """
    dataset = request.evaluation.test_dataset
    if dataset is None or other is None:
        return plan
    seeds = request.evaluation.max_seeds
    models = seeds
    if isinstance(request, ComparisonRequest):
        fresh = max(_CONFIRMATION_SEEDS, request.evaluation.min_seeds) if request.recommend else 0
        models = 2 * (seeds + fresh)
    scores = FinalScoresPlan(
        dataset=dataset, images_per_model=other.images, models=models, images=models * other.images
    )
    return plan.model_copy(update={"final_scores": scores})


def final_scores_problem(evaluation: EvaluationSettings, own: DatasetFacts, other: DatasetFacts) -> str | None:
    """Why models of one dataset cannot be scored on another at the end, said to a person; None if they can.

    Args:
        evaluation: what was asked for.
        own: facts of the dataset that is trained on.
        other: of the one that is scored.
    """
    problem = dataset_obstacle(own, other)
    if problem is not None:
        return problem
    empty = [shortened(name, _MAX_NAME_LENGTH) for name, images in other.classes.items() if not images]
    if empty:
        return f"it has no image of {listed(empty, _MAX_NAMED)}"
    vectors = other.images * len(other.classes)
    if metric_choice(evaluation.metric).kind == "roc_auc" and vectors > MAX_STORED_PROBABILITIES:
        return (
            f"ROC AUC takes the probabilities of all {len(other.classes):,} classes for every image, {vectors:,} in "
            f"all; at most {MAX_STORED_PROBABILITIES:,} are stored: take another metric, or fewer images"
        )
    return None
