"""Putting a recommendation to the test: on seeds, and where there are any on images, that nothing before has seen."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.reports.report import Report
from augury.planning.comparison import plan_comparison
from store.rows import jobs, trials
from store.rows.needs.tables import FreshSeedsRow
from tests.store.databases import FACTS, NOW, comparison, new_job, ready_dataset
from tests.workers.planner.finished import end_probes, finish_trials
from tests.workers.units.carried import advance
from workers.context import Context

SPECS = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}


def _confirmed(context: Context, splits: dict[str, dict[str, int]] | None = None, **evaluation: Any) -> str:
    """A job whose recommendation was put to the test."""
    with context.database.writing() as session:
        dataset = ready_dataset(session)
        dataset.facts = FACTS.model_copy(update={"splits": splits or {}}).model_dump(mode="json")
        request = comparison(SPECS, evaluation={"seeds": 3, **evaluation}, recommend=True)
        job_id = new_job(session, request).id
    _to_its_end(context, job_id)
    return job_id


def _to_its_end(context: Context, job_id: str) -> None:
    for _ in range(2):
        advance(context, job_id)
        finish_trials(context, job_id, lambda arm, _: {"baseline": 0.5, "flip": 0.4, "turn": 0.95}.get(arm, 1.0))
        advance(context, job_id)
        end_probes(context, job_id)
        advance(context, job_id)


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
    ("splits", "share"),
    [
        (_splits(train=6, validation=4), 0.5),
        (_splits(train=6, test=4), 0.5),
        ({**_splits(train=6, validation=4), "test": {"0": 1}}, 0.5),
        ({}, 0.2),
    ],
    ids=["no test", "validated on test", "a test without some classes", "drawn"],
)
def test_elsewhere_images_are_kept_from_the_start_that_no_search_sees(
    context: Context, splits: dict[str, dict[str, int]], share: float
) -> None:
    """Every trial of the comparison leaves them out, every one of the confirmation is judged on them alone."""
    job_id = _confirmed(context, splits)
    recommendation = _recommendation(context, job_id)
    fresh = set(recommendation.seeds)
    with context.database.reading() as session:
        held_out = {link.seed: row.definition["split"]["held_out"] for link, row in trials.of_job(session, job_id)}
    assert {seed: kept["is_validated_on"] for seed, kept in held_out.items()} == {
        seed: seed in fresh for seed in held_out
    }
    assert {kept["share"] for kept in held_out.values()} == {share}
    assert recommendation.validated_on == "held_out"
    assert "the images that were kept for this, which the search has not seen" in recommendation.sentence


def test_a_plan_of_an_earlier_version_kept_none_and_its_report_says_so(context: Context) -> None:
    """Trials that were planned go on as they began."""
    with context.database.writing() as session:
        dataset = ready_dataset(session)
        dataset.facts = FACTS.model_copy(update={"splits": _splits(train=6, validation=4)}).model_dump(mode="json")
        request = comparison(SPECS, evaluation={"seeds": 3}, recommend=True)
        job = new_job(session, request)
        plan = plan_comparison(request, DatasetFacts.model_validate(dataset.facts)).model_copy(
            update={"held_out": None}
        )
        jobs.begin(session, job, jobs.Phase.TRAINING, NOW)
        session.refresh(job)
        jobs.adopt_plan(session, job, plan, dataset, NOW)
        job_id = job.id
    _to_its_end(context, job_id)
    recommendation = _recommendation(context, job_id)
    assert recommendation.validated_on is None
    assert "the same validation images that it was chosen on" in recommendation.sentence
