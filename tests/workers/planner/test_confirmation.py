"""Putting a recommendation to the test: on seeds, and where there are any on images, that nothing before has seen."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.reports.report import Report
from store.rows import trials
from store.rows.tables import FreshSeedsRow
from tests.store.databases import FACTS, comparison, new_job, ready_dataset
from tests.workers.planner.finished import end_probes, finish_trials
from workers.context import Context
from workers.planner.advance import advance

SPECS = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}


def _confirmed(context: Context, splits: dict[str, dict[str, int]] | None = None, **evaluation: Any) -> str:
    """A job whose recommendation was put to the test."""
    with context.database.writing() as session:
        dataset = ready_dataset(session)
        dataset.facts = FACTS.model_copy(update={"splits": splits or {}}).model_dump(mode="json")
        request = comparison(SPECS, evaluation={"seeds": 3, **evaluation}, recommend=True)
        job_id = new_job(session, request).id
    for _ in range(2):
        advance(context, job_id)
        finish_trials(context, job_id, lambda arm, _: {"baseline": 0.5, "flip": 0.4, "turn": 0.95}.get(arm, 1.0))
        advance(context, job_id)
        end_probes(context, job_id)
        advance(context, job_id)
    return job_id


def _recommendation(context: Context, job_id: str) -> Any:
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
    assert report.recommendation is not None
    return report.recommendation


def _validated_on(context: Context, job_id: str) -> dict[int, str]:
    with context.database.reading() as session:
        return {link.seed: row.definition["split"]["validation"] for link, row in trials.of_job(session, job_id)}


def test_the_next_job_gets_other_fresh_seeds(context: Context) -> None:
    """What the first report has shown is not fresh any more; no request can name such a seed either."""
    first, second = (_recommendation(context, _confirmed(context, first_seed=start)).seeds for start in (0, 10))
    assert len(first) == len(second) == 5
    assert not set(first) & set(second)
    assert min(first + second) >= 2**32
    with context.database.reading() as session:
        assert [row.used for row in session.query(FreshSeedsRow)] == [10]


def _splits(**images: int) -> dict[str, dict[str, int]]:
    return {name: dict.fromkeys(FACTS.classes, count) for name, count in images.items()}


def test_an_untouched_test_split_is_what_a_recommendation_is_confirmed_on(context: Context) -> None:
    """The comparison is judged on the validation split alone, and the report says which images confirmed it."""
    job_id = _confirmed(context, _splits(train=6, validation=2, test=2))
    recommendation = _recommendation(context, job_id)
    fresh = set(recommendation.seeds)
    assert {name for seed, name in _validated_on(context, job_id).items() if seed in fresh} == {"test"}
    assert {name for seed, name in _validated_on(context, job_id).items() if seed not in fresh} == {"validation"}
    assert recommendation.validated_on == "test"
    assert "the test images, which the search has not seen" in recommendation.sentence


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        (_splits(train=6, validation=4), True),
        (_splits(train=6, test=4), True),
        ({**_splits(train=6, validation=4), "test": {"0": 1}}, True),
        ({}, False),
    ],
    ids=["no test", "validated on test", "a test without some classes", "drawn"],
)
def test_a_confirmation_on_the_images_that_selected_says_so(
    context: Context, splits: dict[str, dict[str, int]], said: bool
) -> None:
    """Where all seeds share them; fresh seeds draw other validation images."""
    recommendation = _recommendation(context, _confirmed(context, splits))
    assert recommendation.validated_on is None
    assert ("the same validation images that it was chosen on" in recommendation.sentence) == said
