"""What a plan says on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from api_schemas.plans import FinalScoresPlan, Plan, PlanCost
from augury.cli.render.tables import render_plan
from augury.planning.comparison import plan_comparison
from tests.store.databases import FACTS, comparison


def _shown(conditions: object) -> str:
    return _rendered(plan_comparison(comparison(evaluation={"seeds": 2, "conditions": conditions}), FACTS))


def _rendered(plan: Plan) -> str:
    file = io.StringIO()
    Console(file=file, width=100).print(render_plan(plan))
    return " ".join(file.getvalue().split())


def test_a_plan_shows_what_conditions_cost_and_what_is_left_out() -> None:
    """Models and images, and grey images that cannot have a cast."""
    shown = _shown(["dimmed", "colour_cast"])
    assert "4 models judged on other images, too: up to 100 images each, under 1 condition" in shown
    assert "Note: colour_cast is left out: it needs images of 2 channels or more, and these have 1." in shown


def test_a_plan_without_conditions_says_nothing_of_them() -> None:
    """As before."""
    assert "other images" not in _shown([])


def test_what_parts_of_a_plan_take_is_said_as_far_as_it_was_measured() -> None:
    """Seconds and memory; of what was not, that it was not."""
    plan = plan_comparison(comparison(evaluation={"seeds": 2, "conditions": ["dimmed"]}), FACTS)
    costs = {
        "trials": PlanCost(seconds=9.0, memory_bytes=800_000_000),
        "responses": PlanCost(seconds=None, memory_bytes=None),
        "conditions": PlanCost(seconds=125.0, memory_bytes=1_200_000_000),
    }
    shown = _rendered(plan.model_copy(update={"costs": costs}))
    assert "Note: trials like these take up to 0.8 GB of memory in a process." in shown
    assert "Note: of these trials, those of the responses take a time that was not measured yet." in shown
    assert "Note: conditions take about 2 min, and 1.2 GB of memory in a process." in shown


def test_a_plan_says_what_is_scored_at_the_end() -> None:
    """With the dataset, its images and how many models."""
    scores = FinalScoresPlan(dataset="ds_1", images_per_model=1_500, models=4, images=6_000)
    plan = plan_comparison(comparison(), FACTS).model_copy(update={"final_scores": scores})
    assert "dataset ds_1 is scored at the end: 1,500 images by up to 4 models." in _rendered(plan)


def test_a_plan_says_how_long_each_trial_is_trained() -> None:
    """In epochs and steps."""
    shown = _rendered(plan_comparison(comparison(training={}), FACTS))
    assert "Each is trained for 200 epochs: 3 steps each (80 images, 32 at a time), 600 steps in all; no more" in shown


def test_what_training_longer_may_come_to_is_told_apart() -> None:
    """As most of it is never trained."""
    shown = _rendered(plan_comparison(comparison(training={"epochs": "auto"}), FACTS))
    assert "Up to 20 more where arms still improve, however often their epochs are doubled." in shown
