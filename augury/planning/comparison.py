"""From a request to arms, and from an arm and a seed to a trial's definition.

The service needs this to show a plan, the workers to carry it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, JobKind, TrainingRequest, TrialRequest
from api_schemas.plans import BASELINE, Arm, ArmRole, CandidatePlan, Plan, Round
from api_schemas.training.automatic_epochs import most_epochs
from api_schemas.training.metrics import metric_choice
from api_schemas.training.settings import TrainingSettings, with_epochs
from augury.planning.attribution_arms import attribution_arms
from augury.planning.automatic_epochs import pilot_training, with_pilot
from augury.planning.conditions import conditions_plan, is_judged_under_conditions
from augury.planning.epochs.by_size import Length, epochs_rule, few_steps_note, length_of
from augury.planning.final_scores import is_scored_by_its_model
from augury.planning.metric_problems import metric_suggestion
from augury.planning.responses import with_responses
from augury.planning.splits import SplitDefinition, held_out_share, split_definition
from augury.planning.training_problems import feature_views_note, training_warnings
from augury.planning.trial_definition import TrialDefinition, training_version
from augury.value_scale import Values, divided_by

TRAINED = "trained"
"""The one arm of a training job."""

RESERVE = 0.1
"""The share of a comparison's error that is kept for extensions (docs/decisions/0014-extensions-are-paid-for.md)."""


_FULL_SCALES = {"uint8": 255, "uint16": 65_535}

Stored = DatasetFacts | str
"""What is known of the pixels: the dataset's facts, or, before it was read, the type that is assumed."""


def default_baseline(stored: Stored) -> ImageDataGeneratorSpec:
    """The rescale that brings the dataset's values to 0-1, see ``augury.value_scale``; a type's by its bits."""
    return divided_by(_FULL_SCALES.get(stored, 1) if isinstance(stored, str) else Values.of(stored).full_scale)


def _baseline_rule(request: ComparisonRequest, stored: Stored) -> str:
    if request.baseline is not None:
        return "the baseline is the request's"
    if isinstance(stored, str):
        return f"{stored} images are assumed, as the dataset was not read yet; its values decide once it is"
    return Values.of(stored).sentence()


def recommends(request: TrialRequest) -> bool:
    """Whether a recommendation is to be made and confirmed."""
    return isinstance(request, ComparisonRequest) and request.recommend


def plan_of(request: TrialRequest, stored: Stored) -> Plan:
    """The plan of a comparison or of a training."""
    return plan_training(request, stored) if isinstance(request, TrainingRequest) else plan_comparison(request, stored)


def plan_comparison(request: ComparisonRequest, stored: Stored) -> Plan:
    """The arms of a comparison: the baseline, each candidate, and each other preprocessing without augmentation."""
    baseline = request.baseline.spec if request.baseline else default_baseline(stored)
    preprocessing_arms = {baseline.preprocessing(): BASELINE}
    arms = [Arm(name=BASELINE, role=ArmRole.BASELINE, spec=baseline)]
    candidates = []
    for candidate in request.candidates:
        preprocessing = candidate.spec.preprocessing()
        if preprocessing not in preprocessing_arms:
            alone = not candidate.spec.has_augmentation
            name = candidate.name if alone else f"{candidate.name}:preprocessing"
            preprocessing_arms[preprocessing] = name
            if not alone:
                arms.append(Arm(name=name, role=ArmRole.PREPROCESSING, spec=preprocessing))
        arms.append(Arm(name=candidate.name, role=ArmRole.CANDIDATE, spec=candidate.spec))
        candidates.append(
            CandidatePlan(name=candidate.name, arm=candidate.name, preprocessing_arm=preprocessing_arms[preprocessing])
        )
    if request.attribution == "full":
        arms += [arm for candidate in request.candidates for arm in attribution_arms(candidate)]
    held_out, facts = _held_out(request, stored), None if isinstance(stored, str) else stored
    length = None if facts is None else length_of(request, facts, held_out)
    plan = _plan(JobKind.COMPARISON, arms, candidates, request, length)
    settled = {
        "baseline_rule": _baseline_rule(request, stored),
        "held_out": held_out,
        "warnings": _warnings(request, stored, length),
    }
    settled_plan = plan.model_copy(update=settled)
    conditions = conditions_plan(request.evaluation, settled_plan, facts)
    planned = with_responses(settled_plan.model_copy(update={"conditions": conditions}), request, facts)
    return with_pilot(planned) if request.training.epochs == "auto" else planned


def _held_out(request: ComparisonRequest, stored: Stored) -> float | None:
    """What is kept for a confirmation; nothing is promised of a dataset that was not read yet."""
    if not request.recommend or isinstance(stored, str):
        return None
    return held_out_share(request.evaluation, stored)


def _warnings(request: ComparisonRequest, stored: Stored, length: Length | None) -> list[str]:
    suggestion = None if isinstance(stored, str) else metric_suggestion(request.evaluation, stored)
    few_steps = None if length is None else few_steps_note(request, length)
    said = [suggestion, feature_views_note(request.model), few_steps, *training_warnings(request.training)]
    return [sentence for sentence in said if sentence is not None]


def plan_training(request: TrainingRequest, stored: Stored) -> Plan:
    """One arm on its seeds."""
    arm = Arm(name=TRAINED, role=ArmRole.CANDIDATE, spec=request.spec)
    length = None if isinstance(stored, str) else length_of(request, stored, held_out=None)
    return _plan(JobKind.TRAINING, [arm], [], request, length)


def _plan(
    kind: Literal[JobKind.COMPARISON, JobKind.TRAINING],
    arms: list[Arm],
    candidates: list[CandidatePlan],
    request: TrialRequest,
    length: Length | None,
) -> Plan:
    evaluation = request.evaluation
    said = request.training.epochs
    epochs = length.epochs if length is not None else said if isinstance(said, int) else None
    first = evaluation.first_seed
    seeds = list(range(first, first + evaluation.min_seeds))
    # Single parameters explain a verdict and do not make one: the first round is enough for them.
    compared = [arm for arm in arms if arm.role != ArmRole.ATTRIBUTION]
    trials_now = len(arms) * len(seeds)
    return Plan(
        kind=kind,
        arms=arms,
        candidates=candidates,
        seeds=seeds,
        rounds=[Round(arms=[arm.name for arm in arms], seeds=seeds)],
        trials=trials_now,
        epochs=epochs,
        epochs_rule=None if length is None else epochs_rule(request, length),
        backend=request.training.backend,
        trial_epochs=trials_now * (epochs or most_epochs(request.training)),
        trials_most=trials_now + len(compared) * (evaluation.max_seeds - len(seeds)),
        reserve=RESERVE if candidates else 0.0,
    )


def with_round(plan: Plan, added: Round, *arms: Arm) -> Plan:
    """The plan with one more round, and arms that are new in it. One that was due is counted already."""
    is_due = added in plan.due
    trials_added = 0 if is_due else len(added.arms) * len(added.seeds)
    total = plan.trials + trials_added
    return plan.model_copy(
        update={
            "arms": [*plan.arms, *arms],
            "rounds": [*plan.rounds, added],
            "due": [each for each in plan.due if each != added],
            "trials": total,
            "trials_most": max(plan.trials_most, total),
            "trial_epochs": None
            if plan.trial_epochs is None
            else plan.trial_epochs + trials_added * (plan.epochs or 0),
        }
    )


def trial_slots(plan: Plan) -> Iterator[tuple[Arm, int]]:
    """Every arm on its seeds, round by round and seed by seed, so that early results are paired ones."""
    return _slots(plan, plan.rounds)


def _slots(plan: Plan, rounds: Iterable[Round]) -> Iterator[tuple[Arm, int]]:
    arms = {arm.name: arm for arm in plan.arms}
    for each in rounds:
        for seed in each.seeds:
            for name in each.arms:
                yield arms[name], seed


def trial_definitions(
    request: TrialRequest, plan: Plan, dataset_digest: str, facts: DatasetFacts
) -> Iterator[tuple[Arm, int, TrialDefinition]]:
    """Every arm on its seeds, in the order of ``trial_slots``, and the trial that it is; those that are due at last.

    What is due is not known before the number of epochs is.
    """
    is_open = plan.epochs is None and request.training.epochs == "auto"
    for arm, seed in _slots(plan, plan.rounds if is_open else [*plan.rounds, *plan.due]):
        yield arm, seed, definition_of(request, plan, arm, seed, dataset_digest, facts)


def definition_of(
    request: TrialRequest, plan: Plan, arm: Arm, seed: int, dataset_digest: str, facts: DatasetFacts
) -> TrialDefinition:
    """The trial that an arm of a plan on one of its seeds is."""
    rounds = [*plan.due, *plan.rounds]
    validated_on = next(each.validated_on for each in reversed(rounds) if seed in each.seeds)
    split = split_definition(request.evaluation, facts, validated_on, plan.held_out, arm.training_share)
    return trial_definition(request, arm, seed, dataset_digest, split, plan.epochs)


def trial_definition(
    request: TrialRequest,
    arm: Arm,
    seed: int,
    dataset_digest: str,
    split: SplitDefinition,
    epochs: int | None = None,
) -> TrialDefinition:
    """The trial that an arm on a seed is, on the dataset with that digest.

    *epochs* are the plan's, where it has any; an arm may have its own.
    """
    training, traits = _training_of(request, arm, epochs), metric_choice(request.evaluation.metric).traits
    return TrialDefinition(
        version=training_version(training, needs_probabilities=traits.needs_all_probabilities),
        engine=request.engine,
        dataset=dataset_digest,
        split=split,
        model=request.model.as_trained(is_augmented=arm.spec.has_augmentation),
        training=training,
        spec=arm.spec,
        seed=seed,
        keep_model=isinstance(request, TrainingRequest)
        or is_judged_under_conditions(request.evaluation, arm, seed)
        or is_scored_by_its_model(request.evaluation, arm),
        scored_on="test" if request.evaluation.tests_on_split else None,
    )


def _training_of(request: TrialRequest, arm: Arm, epochs: int | None) -> TrainingSettings:
    """How an arm is trained: for the epochs that it has itself, or else for the plan's, or the request's."""
    if arm.role == ArmRole.PILOT:
        return pilot_training(request.training)
    number = arm.epochs or epochs or request.training.epochs
    assert isinstance(number, int), "nothing is trained before the number of epochs is known, but a pilot"
    return with_epochs(request.training, number)
