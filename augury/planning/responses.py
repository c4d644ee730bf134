"""Arms that are trained with other budgets, or on shares of the images: what a difference depends on.

They are the baseline and the candidates once more, on the seeds of the first round. What the comparison is about,
``training.epochs`` on all images, is a level of both, for which nothing more is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, TrialRequest
from api_schemas.plans import BASELINE, Arm, ArmRole, Plan, Round
from api_schemas.training.automatic_epochs import most_epochs
from augury.planning.epochs.by_size import length_of
from augury.planning.splits import images_of_share, split_sizes

WHOLE = 1.0
"""The share of the training images that the comparison itself has."""
_BUDGETS = (ArmRole.BUDGET, ArmRole.EARLIER)


def budgets_of(request: ComparisonRequest, plan: Plan) -> list[int]:
    """The numbers of epochs that are compared, ascending; none where no others were trained.

    Those that were asked for, once their round is there, and those for which a plan that looked for the number had
    trained before.
    """
    earlier = {arm.epochs for arm in plan.arms if arm.role == ArmRole.EARLIER and arm.epochs}
    asked = {*(() if plan.due else request.budget_response or ()), *earlier}
    return sorted({*asked, _deciding(request, plan)}) if asked else []


def _deciding(request: ComparisonRequest, plan: Plan) -> int:
    """The number of epochs at which verdicts are taken."""
    epochs = plan.epochs or request.training.epochs
    assert isinstance(epochs, int), "verdicts are taken once the number is known"
    return epochs


def shares_of(request: ComparisonRequest) -> list[float]:
    """The shares of the training images that are compared, ascending; none where that was not asked for."""
    return sorted({*request.data_response, WHOLE}) if request.data_response else []


def with_responses(plan: Plan, request: ComparisonRequest, facts: DatasetFacts | None) -> Plan:
    """The plan of a comparison with the arms of its responses, and the round in which they are due.

    Args:
        plan: without them.
        request: what was asked for.
        facts: of the dataset; None before it was read.
    """
    compared = {BASELINE, *(candidate.arm for candidate in plan.candidates)}
    epochs_of_shares = _epochs_of_shares(plan, request, facts)
    arms = [
        variant
        for arm in plan.arms
        if arm.name in compared
        for variant in [*_at_budgets(arm, plan, request), *_on_shares(arm, epochs_of_shares)]
    ]
    if not arms:
        return plan
    due = Round(purpose="response", arms=[arm.name for arm in arms], seeds=plan.seeds)
    trials = len(arms) * len(plan.seeds)
    epochs = sum(arm.epochs or plan.epochs or most_epochs(request.training) for arm in arms) * len(plan.seeds)
    return plan.model_copy(
        update={
            "arms": [*plan.arms, *arms],
            "due": [due],
            "trials": plan.trials + trials,
            "trials_most": plan.trials_most + trials,
            "trial_epochs": None if plan.trial_epochs is None else plan.trial_epochs + epochs,
        }
    )


def _at_budgets(arm: Arm, plan: Plan, request: ComparisonRequest) -> Iterator[Arm]:
    for epochs in sorted(request.budget_response or ()):
        if epochs != plan.epochs:
            name = f"{arm.name}@{epochs} epochs"
            yield Arm(name=name, role=ArmRole.BUDGET, spec=arm.spec, variant_of=arm.name, epochs=epochs)


def _on_shares(arm: Arm, epochs_of_shares: Mapping[float, int | None]) -> Iterator[Arm]:
    for share, epochs in epochs_of_shares.items():
        name = f"{arm.name}@{100 * share:.10g}% of the images"
        yield Arm(name=name, role=ArmRole.DATA, spec=arm.spec, variant_of=arm.name, training_share=share, epochs=epochs)


def _epochs_of_shares(plan: Plan, request: ComparisonRequest, facts: DatasetFacts | None) -> dict[float, int | None]:
    """The shares that are not all images, with the epochs of each; None where they are the plan's.

    Where the size of the data decides, a share is trained as a dataset of its size is: a difference between shares is
    then one of images, and not of steps.
    """
    shares = [share for share in shares_of(request) if share != WHOLE]
    if facts is None or request.training.epochs != "by_size":
        return dict.fromkeys(shares)
    lengths = {share: length_of(request, facts, plan.held_out, share) for share in shares}
    return {
        share: None if length is None or length.epochs == plan.epochs else length.epochs
        for share, length in lengths.items()
    }


def arm_at_budget(plan: Plan, arm: str, epochs: int) -> str:
    """The arm that is *arm* with so many epochs; itself where the plan has them."""
    if epochs == plan.epochs:
        return arm
    at_budget = (each for each in plan.arms if each.variant_of == arm and each.role in _BUDGETS)
    return next((each.name for each in at_budget if each.epochs == epochs), arm)


def arm_at_share(plan: Plan, arm: str, share: float) -> str:
    """The arm that is *arm* on that share of the training images; itself where it has all."""
    return next((each.name for each in plan.arms if each.variant_of == arm and each.training_share == share), arm)


def is_variant(arm: Arm) -> bool:
    """Whether an arm is another one at another level."""
    return arm.variant_of is not None


def data_problem(request: TrialRequest, facts: DatasetFacts, held_out: float | None) -> str | None:
    """Why shares of the training images cannot be trained on, said to a person; None if they can.

    Args:
        request: what was asked for.
        facts: of the dataset.
        held_out: the share of the images that is kept from the search.
    """
    if not isinstance(request, ComparisonRequest) or not request.data_response:
        return None
    training, classes = split_sizes(request.evaluation, facts, held_out).training, len(facts.classes)
    share = shares_of(request)[0]
    images = images_of_share(training, share)
    if images >= classes:
        return None
    return f"{share:g} of {training} training images are {images}, which cannot hold every one of {classes} classes"
