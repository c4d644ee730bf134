"""How the number of epochs was found, told."""

from __future__ import annotations

from api_schemas.plans import ArmRole
from api_schemas.reports.responses import AutomaticEpochs
from api_schemas.training.automatic_epochs import MAX_AUTOMATIC_EPOCHS
from augury.evidence.comparison_results import ComparisonResults
from augury.planning.automatic_epochs import PILOT
from augury.wording import count, joined


def automatic_epochs(results: ComparisonResults) -> AutomaticEpochs | None:
    """What the pilots and the rounds say; None where the number was given, or was not found before the job ended.

    Args:
        results: of all rounds so far.
    """
    plan = results.plan
    if results.request.training.epochs != "auto" or plan.epochs is None:
        return None
    pilots = [trial.result for trial in results.trials if trial.arm == PILOT and trial.result is not None]
    levelled = [each.best_epoch for each in pilots if each.best_epoch is not None]
    earlier = sorted({arm.epochs for arm in plan.arms if arm.role == ArmRole.EARLIER and arm.epochs})
    return AutomaticEpochs(
        epochs=plan.epochs,
        pilots=levelled,
        earlier=earlier,
        is_at_bound=plan.epochs >= MAX_AUTOMATIC_EPOCHS,
        sentence=_sentence(plan.epochs, levelled, earlier),
    )


def _sentence(epochs: int, levelled: list[int], earlier: list[int]) -> str:
    seen = "no pilot of the baseline gave a result"
    if levelled:
        seen = f"{count(len(levelled), 'pilot')} of the baseline levelled off after {joined(list(map(str, levelled)))}"
    said = f"The number of epochs was found by an inner split of the training images: {seen}."
    if earlier:
        said += (
            f" Most trials of an arm were still improving at {joined(list(map(str, earlier)))} epochs, so all arms "
            "were trained anew for longer."
        )
    bound = " More are not tried." if epochs >= MAX_AUTOMATIC_EPOCHS else ""
    return f"{said} The verdicts are those at {epochs} epochs.{bound}"
