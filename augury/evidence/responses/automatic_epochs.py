"""How the number of epochs was found, told."""

from __future__ import annotations

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.responses import AutomaticEpochs
from api_schemas.training.automatic_epochs import MAX_AUTOMATIC_EPOCHS
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.why.learning import is_cut_short
from augury.planning.automatic_epochs import PILOT
from augury.wording import count, joined

_AT_LIMIT = (
    " Arms were still improving, and twice as many would have been more training than the operator allows one job."
)


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
    is_at_bound = plan.epochs >= MAX_AUTOMATIC_EPOCHS
    is_at_limit = not is_at_bound and not results.stopped and still_improves(results)
    earlier = sorted({arm.epochs for arm in plan.arms if arm.role == ArmRole.EARLIER and arm.epochs})
    return AutomaticEpochs(
        epochs=plan.epochs,
        pilots=levelled,
        earlier=earlier,
        is_at_bound=is_at_bound,
        is_at_limit=is_at_limit,
        sentence=_sentence(plan.epochs, levelled, earlier) + (_AT_LIMIT if is_at_limit else ""),
    )


def still_improves(results: ComparisonResults) -> bool:
    """Whether most trials of an arm in the first round were still improving at the plan's epochs."""
    compared = [BASELINE, *(candidate.arm for candidate in results.plan.candidates)]
    return any(is_cut_short(results.records[arm].on_seeds(results.plan.seeds)) for arm in compared)


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
