"""How many seeds a request asks for that does not say so."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.jobs import ComparisonRequest, TrainingRequest
from api_schemas.training.settings import as_accepted
from augury.evidence.statistics.alpha_spending import looks

DIGITS = {"kind": "builtin", "name": "digits"}
COMPARISON: dict[str, Any] = {"kind": "comparison", "dataset": DIGITS, "candidates": [{"name": "none", "spec": {}}]}
TRAINING: dict[str, Any] = {"kind": "training", "dataset": DIGITS}


@pytest.mark.parametrize("evaluation", [{}, {"metric": "log_loss"}, {"training_images": 100}], ids=str)
def test_a_comparison_has_a_second_look_at_what_five_seeds_leave_open(evaluation: dict[str, Any]) -> None:
    """Whatever else of its evaluation is said: five seeds for every arm, ten for those that are undecided."""
    settings = ComparisonRequest.model_validate(COMPARISON | {"evaluation": evaluation}).evaluation
    assert looks(settings.min_seeds, settings.max_seeds) == [5, 10]


@pytest.mark.parametrize("evaluation", [{}, {"training_images": 100}], ids=str)
def test_a_training_makes_three_models(evaluation: dict[str, Any]) -> None:
    """It has no verdict to settle, so no range, and the same number whatever else is said."""
    assert TrainingRequest.model_validate(TRAINING | {"evaluation": evaluation}).evaluation.seeds == 3


def test_a_training_takes_no_range_of_seeds() -> None:
    """Nothing is undecided where nothing is compared."""
    with pytest.raises(ValueError, match="a training job takes a number of seeds, no range"):
        TrainingRequest.model_validate(TRAINING | {"evaluation": {"seeds": {"min": 2, "max": 4}}})


def test_a_stored_request_keeps_the_seeds_that_it_was_accepted_with() -> None:
    """Five were the default of earlier versions, which stored them: there was to be one look, and that stands."""
    now = ComparisonRequest.model_validate(COMPARISON).model_dump(mode="json")
    stored = now | {"evaluation": now["evaluation"] | {"seeds": 5}}
    accepted = ComparisonRequest.model_validate(as_accepted(stored)).evaluation
    assert (accepted.seeds, accepted.max_seeds) == (5, 5)
