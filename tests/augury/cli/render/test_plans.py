"""What a plan says on a terminal of models that are judged on other images."""

from __future__ import annotations

import io

from rich.console import Console

from augury.cli.render.tables import render_plan
from augury.planning.comparison import plan_comparison
from tests.store.databases import FACTS, comparison


def _shown(conditions: object) -> str:
    plan = plan_comparison(comparison(evaluation={"seeds": 2, "conditions": conditions}), FACTS)
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
