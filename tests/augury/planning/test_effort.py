"""What is called surely small without a plan is small by its plan, too."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api_schemas.training.automatic_epochs import most_epochs
from augury.planning.comparison import plan_comparison
from augury.planning.effort import EffortLimits, effort_problem, is_surely_small
from tests.store.databases import comparison

PREPROCESSINGS = st.sampled_from([{}, {"rescale": 1 / 255}, {"rescale": 0.5}, {"samplewise_center": True}])
EPOCHS = st.integers(6, 60) | st.just("by_size")
CHANGES = st.sampled_from(
    [
        {},
        {"attribution": "full"},
        {"recommend": True},
        {"budget_response": [2, 5]},
        {"data_response": [0.5, 1.0]},
    ]
)


def _specs(preprocessings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"c{at}": {"rotation_range": at + 1, **each} for at, each in enumerate(preprocessings)}


@given(st.lists(PREPROCESSINGS, min_size=1, max_size=4), CHANGES, st.integers(2, 10), EPOCHS, st.data())
def test_no_plan_is_over_the_limits_where_its_request_is_surely_small(
    preprocessings: list[dict[str, Any]], changes: dict[str, Any], seeds: int, epochs: int | str, data: st.DataObject
) -> None:
    """Whatever candidates bring along, and whatever is asked for besides."""
    request = comparison(
        _specs(preprocessings), training={"epochs": epochs}, evaluation={"seeds": {"min": 2, "max": seeds}}, **changes
    )
    plan = plan_comparison(request, "uint8")
    of_each = plan.epochs or most_epochs(request.training)
    trials = data.draw(st.integers(1, 2 * plan.trials_most))
    limits = EffortLimits(trials, data.draw(st.integers(1, 2 * trials * of_each)), 1, 1)
    if is_surely_small(request, limits):
        assert effort_problem(plan, plan.trials_most, of_each, limits) is None


def test_an_ordinary_request_is_surely_small() -> None:
    """Or nothing would be saved by asking."""
    assert is_surely_small(comparison(), EffortLimits(1000, 100_000, 1, 1))
