"""What a comparison needs next, as a pure function of its analysis."""

from __future__ import annotations

from augury.evidence.analysis import analyse
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.next_round import RECOMMENDED, next_round
from augury.planning.comparison import plan_comparison
from tests.augury.evidence.samples import CLASSES, arm
from tests.store.databases import FACTS, comparison


def test_a_best_candidate_with_a_list_of_shifts_is_put_to_the_test_as_any_other() -> None:
    """A list is a set of shifts to choose from; such a spec can be compared with another, but has no hash."""
    request = comparison({"steps": {"width_shift_range": [-1, 1]}}, evaluation={"seeds": 3}, recommend=True)
    plan = plan_comparison(request, "uint8")
    accuracies = {"baseline": 0.8, "steps": 0.9, "steps:preprocessing": 0.8}
    extension = next_round(
        analyse(
            ComparisonResults(
                job_id="job_1",
                request=request,
                plan=plan,
                digest="d" * 64,
                facts=FACTS.model_copy(update={"classes": dict.fromkeys(CLASSES, 50)}),
                trials=[],
                records={each.name: arm(each.name, each.spec, [accuracies[each.name]] * 3) for each in plan.arms},
                probes=[],
                stopped=False,
            )
        )
    )
    assert extension is not None
    assert extension.round.purpose == "confirmation"
    assert set(extension.round.arms) <= {"baseline", "steps", RECOMMENDED}
