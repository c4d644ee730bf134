"""Finding the number of epochs: a pilot of the baseline, and twice as many while arms still improve.

The pilot decides by an inner split of its training images, so what judges has no part in it. Whether arms still improve
shows in their validation losses alone, whichever arm is ahead; verdicts are taken at the last number of epochs only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from api_schemas.plans import BASELINE, Arm, ArmRole, Plan, Round
from api_schemas.training.automatic_epochs import MAX_AUTOMATIC_EPOCHS, MIN_AUTOMATIC_EPOCHS
from api_schemas.training.settings import MIN_EPOCHS_BY_SIZE, TrainingOptions, TrainingSettings, with_epochs

PILOT = f"{BASELINE}@pilot"
PATIENCE = 10
"""Epochs without a lower loss on the inner split, after which a pilot has levelled off."""
MAX_PILOT_SEEDS = 3
_MAX_DOUBLINGS = math.ceil(math.log2(MAX_AUTOMATIC_EPOCHS / MIN_AUTOMATIC_EPOCHS))


def pilot_training(training: TrainingOptions) -> TrainingSettings:
    """The training as it is, but for as long as its inner split's loss falls, and for the bound at most."""
    stopping = {"patience": PATIENCE}
    return with_epochs(training, MAX_AUTOMATIC_EPOCHS, early_stopping=stopping, average_last=0.0)


def with_pilot(plan: Plan) -> Plan:
    """The plan of a comparison that begins with a pilot; all its rounds are due once that is over."""
    baseline = next(arm for arm in plan.arms if arm.name == BASELINE)
    pilot = Arm(name=PILOT, role=ArmRole.PILOT, spec=baseline.spec, epochs=MAX_AUTOMATIC_EPOCHS)
    first = Round(purpose="pilot", arms=[PILOT], seeds=plan.seeds[:MAX_PILOT_SEEDS])
    repeated = sum(len(each.arms) * len(each.seeds) for each in plan.rounds)  # each time that arms still improve
    trials = plan.trials + len(first.seeds)
    planned = plan.model_copy(
        update={
            "arms": [*plan.arms, pilot],
            "rounds": [first],
            "due": [*plan.rounds, *plan.due],
            "trials": trials,
            "trials_most": plan.trials_most + len(first.seeds),
            "trials_if_longer": repeated * _MAX_DOUBLINGS,
            "epochs": None,
        }
    )
    return planned.model_copy(update={"trial_epochs": _epochs_of(planned, MAX_AUTOMATIC_EPOCHS)})


def epochs_found(best_epochs: Sequence[int]) -> int:
    """How many epochs the pilots say that it takes; as few as are usual where none of them gave a result."""
    found = math.ceil(median(best_epochs)) if best_epochs else MIN_EPOCHS_BY_SIZE
    return min(max(found, MIN_AUTOMATIC_EPOCHS), MAX_AUTOMATIC_EPOCHS)


def with_epochs_found(plan: Plan, epochs: int) -> Plan:
    """The plan in which every arm that says nothing else has so many epochs."""
    settled = plan.model_copy(update={"epochs": epochs})
    return settled.model_copy(update={"trial_epochs": _epochs_of(settled, epochs)})


def is_first_look(plan: Plan) -> bool:
    """Whether nothing was trained yet on the grounds of the first round's results at the plan's epochs."""
    last, roles = plan.rounds[-1], {arm.name: arm.role for arm in plan.arms}
    rounds = [each for each in plan.rounds if each.purpose == "comparison"]
    return len(rounds) == 1 and (last == rounds[0] or all(roles[name] == ArmRole.EARLIER for name in last.arms))


def longer(epochs: int) -> int | None:
    """Twice as many, up to the bound; None where there are so many already."""
    return None if epochs >= MAX_AUTOMATIC_EPOCHS else min(2 * epochs, MAX_AUTOMATIC_EPOCHS)


def earlier_name(arm: str, epochs: int) -> str:
    """What an arm is called from when on it is trained for longer: its trials of before."""
    return f"{arm}@{epochs} epochs, earlier"


def with_longer_round(plan: Plan, epochs: int) -> Plan:
    """The plan whose first round is trained anew for more epochs; what was trained so far becomes arms of its own."""
    assert plan.epochs is not None, "there is a number of epochs before there is a larger one"
    repeated = next(each for each in plan.rounds if each.purpose == "comparison")
    specs = {arm.name: arm.spec for arm in plan.arms}
    earlier = [
        Arm(
            name=earlier_name(name, plan.epochs),
            role=ArmRole.EARLIER,
            spec=specs[name],
            variant_of=name,
            epochs=plan.epochs,
        )
        for name in repeated.arms
    ]
    known = Round(purpose="response", arms=[arm.name for arm in earlier], seeds=repeated.seeds)
    trials = plan.trials + len(known.arms) * len(known.seeds)
    grown = plan.model_copy(
        update={
            "arms": [*plan.arms, *earlier],
            "rounds": [*plan.rounds, known],
            "trials": trials,
            "trials_most": plan.trials_most + trials - plan.trials,
            "trials_if_longer": max(0, plan.trials_if_longer - (trials - plan.trials)),
            "epochs": epochs,
        }
    )
    return grown.model_copy(update={"trial_epochs": _epochs_of(grown, epochs)})


def _epochs_of(plan: Plan, epochs: int) -> int:
    """Of all trials of its rounds, where arms that say nothing else have so many."""
    own = {arm.name: arm.epochs or epochs for arm in plan.arms}
    return sum(own[name] * len(each.seeds) for each in [*plan.rounds, *plan.due] for name in each.arms)
