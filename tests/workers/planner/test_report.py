"""The report as a pure function of the results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Round
from api_schemas.recommendations import RecommendedSpec
from api_schemas.reports.report import Report, Verdict
from api_schemas.training.trials import Trial, TrialState
from augury.evidence.analysis import analyse
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_report import comparison_report
from augury.evidence.comparison_results import ComparisonResults
from augury.planning import comparison as plans
from tests.store.databases import FACTS, STANDING_EXAMPLE, comparison, result
from tests.workers.planner.finished import record_of

CREATED_AT = "2027-01-15T08:00:00.000Z"
LOST = Failure.of(FailureClass.WORKER_LOST, "3 workers were lost")
FLIP = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}}


def _trial(arm: str, seed: int, accuracy: float | None, *, reused: bool = False, seconds: float = 2.0) -> Trial:
    """A finished trial; without an accuracy one that failed."""
    return Trial(
        id=f"trial_{arm}_{seed}",
        arm=arm,
        seed=seed,
        state=TrialState.FAILED if accuracy is None else TrialState.SUCCEEDED,
        is_terminal=True,
        reused=reused,
        attempts=1,
        epoch=1,
        epochs=1,
        key="k",
        spec={},
        result=None if accuracy is None else result(accuracy, seconds),
        error=LOST if accuracy is None else None,
        created_at="2027-01-15T08:00:00.000Z",
        started_at=None,
        finished_at=None,
    )


def _report(
    accuracies: dict[str, list[float | None]], specs: dict[str, dict[str, Any]] | None = None, **request: Any
) -> Report:
    """The report on arms whose accuracies on seeds 0, 1, ... are given."""
    seeds = max(map(len, accuracies.values()))
    asked = comparison(specs or FLIP, **{"evaluation": {"seeds": max(2, seeds)}, **request})
    trials = [_trial(arm, seed, each) for arm, row in accuracies.items() for seed, each in enumerate(row)]
    return comparison_report(analyse(_results(asked, trials)), CREATED_AT)


def _results(request: ComparisonRequest, trials: list[Trial]) -> ComparisonResults:
    plan = plans.plan_comparison(request, "uint8")
    records = {arm.name: ArmRecord(arm.name, arm.spec, _records(trials, arm.name)) for arm in plan.arms}
    return ComparisonResults("job_1", request, plan, "d" * 64, FACTS, trials, records, probes=[], stopped=False)


def _records(trials: list[Trial], arm: str) -> dict[int, SeedRecord]:
    return {
        trial.seed: record_of(trial.result.validation_accuracy, trial.seed)
        for trial in trials
        if trial.arm == arm and trial.result is not None
    }


def test_a_candidate_is_compared_with_the_baseline_seed_by_seed() -> None:
    """The differences are paired and in points, and the interval is around their mean."""
    report = _report({"baseline": [0.80, 0.90, 0.85], "flip": [0.90, 0.95, 0.95]})
    (candidate,) = report.candidates
    assert candidate.difference is not None
    assert candidate.difference.seeds == [0, 1, 2]
    assert candidate.difference.per_seed == pytest.approx([10, 5, 10])
    assert candidate.difference.mean == pytest.approx(25 / 3)
    assert candidate.difference.low < 25 / 3 < candidate.difference.high
    assert report.complete


def test_a_seed_counts_only_where_both_arms_finished_it() -> None:
    """A lost trial takes its pair with it and no other; the mean of an arm is over what it has."""
    report = _report({"baseline": [0.8, None, 0.8, 0.7], "flip": [0.9, 0.9, 0.9, None]})
    (candidate,) = report.candidates
    assert candidate.difference is not None
    assert candidate.difference.seeds == [0, 2]
    assert candidate.difference.per_seed == pytest.approx([10, 10])
    assert report.arms[0].mean_validation_accuracy == pytest.approx((0.8 + 0.8 + 0.7) / 3)


def test_failed_trials_are_listed_and_the_report_says_that_it_is_not_complete() -> None:
    """With the error of each."""
    report = _report({"baseline": [0.8, None, 0.8], "flip": [0.9, 0.9, None]})
    assert not report.complete
    assert report.cost.trials_failed == 2
    listed = {arm.name: [(failed.seed, failed.error) for failed in arm.failed_trials] for arm in report.arms}
    assert listed == {"baseline": [(1, LOST)], "flip": [(2, LOST)]}
    assert [seed.seed for seed in report.arms[0].per_seed] == [0, 2]


@pytest.mark.parametrize("flip", [[0.9, None, None], [None, None, None]])
def test_fewer_than_two_pairs_are_inconclusive(flip: list[float | None]) -> None:
    """There is no interval, and the sentence says why."""
    (candidate,) = _report({"baseline": [0.8, 0.8, 0.8], "flip": flip}).candidates
    assert (candidate.verdict, candidate.difference) == (Verdict.INCONCLUSIVE, None)
    assert "fewer than two seeds" in candidate.sentence


def test_an_arm_without_any_result_has_no_means() -> None:
    """Null, not zero."""
    report = _report({"baseline": [0.8, 0.8], "flip": [None, None]})
    flip = report.arms[1]
    assert (flip.mean_validation_accuracy, flip.mean_clean_training_accuracy, flip.mean_seconds) == (None, None, None)


@pytest.mark.parametrize(
    ("flip", "verdict"),
    [
        ([1.0, 1.0, 1.0], Verdict.HELPS),
        ([0.0, 0.0, 0.05], Verdict.HURTS),
        ([0.50, 0.55, 0.45], Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_follows_from_the_interval(flip: list[float | None], verdict: Verdict) -> None:
    """One look at few images decides what is obvious."""
    (candidate,) = _report({"baseline": [0.5, 0.5, 0.5], "flip": flip}).candidates
    assert candidate.verdict is verdict
    assert (candidate.needed is not None) == (verdict is Verdict.INCONCLUSIVE)


def test_a_wide_margin_makes_small_differences_equivalent() -> None:
    """The practical effect is the client's to say."""
    rows: dict[str, list[float | None]] = {"baseline": [0.8] * 10, "flip": [0.8, 0.85] * 5}
    (candidate,) = _report(rows, evaluation={"seeds": 10, "practical_effect": 40}).candidates
    assert candidate.verdict is Verdict.EQUIVALENT


def test_a_difference_splits_into_preprocessing_and_augmentation() -> None:
    """The two parts add up to the whole, on every seed and in the mean."""
    accuracies: dict[str, list[float | None]] = {
        "baseline": [0.90, 0.90],
        "over:preprocessing": [0.95, 0.95],
        "over": [0.20, 0.25],
        "appropriate": [0.80, 0.80],
        "targeted:preprocessing": [0.95, 0.95],
        "targeted": [0.95, 1.0],
    }
    report = _report(accuracies, STANDING_EXAMPLE)
    over, appropriate, targeted = report.candidates
    for candidate in (over, targeted):
        assert candidate.difference is not None
        assert candidate.preprocessing is not None
        assert candidate.augmentation is not None
        parts = candidate.preprocessing.mean + candidate.augmentation.mean
        assert parts == pytest.approx(candidate.difference.mean)
    assert over.preprocessing is not None
    assert over.preprocessing.mean == pytest.approx(5)
    assert over.augmentation is not None
    assert over.augmentation.per_seed == pytest.approx([-75, -70])
    assert appropriate.preprocessing is None, "it is the baseline's"


def test_more_candidates_need_more_confidence_each() -> None:
    """Verdicts hold together, so three candidates share what is not kept in reserve; the method says how."""
    rows: dict[str, list[float | None]] = {
        arm.name: [0.8, 0.9] for arm in plans.plan_comparison(comparison(STANDING_EXAMPLE), "uint8").arms
    }
    report = _report(rows, STANDING_EXAMPLE)
    for candidate in report.candidates:
        assert candidate.difference is not None
        assert candidate.difference.confidence == pytest.approx(1 - 0.9 * 0.05 / 3)
    assert (report.method.confidence, report.method.candidates) == (0.95, 3)
    assert (report.method.training_images, report.method.validation_images) == (80, 20)


def test_the_cost_counts_what_this_job_trained_itself() -> None:
    """Reused trials are counted and their seconds are not; a trial in two places is trained once."""
    request = comparison({"same": {"rescale": 1 / 255}})
    rows = [
        _trial("baseline", 0, 0.8, seconds=3),
        _trial("baseline", 1, 0.8, seconds=5, reused=True),
        _trial("same", 0, 0.8, seconds=3, reused=True),
        _trial("same", 1, None),
    ]
    cost = comparison_report(analyse(_results(request, rows)), CREATED_AT).cost
    assert (cost.trials, cost.trials_reused, cost.trials_failed, cost.training_seconds) == (4, 2, 1, 3)


def test_a_report_has_what_it_takes_to_make_it_again() -> None:
    """The dataset's digest, the versions and the whole request, as JSON that can be read back."""
    report = _report({"baseline": [0.8, 0.9], "flip": [0.9, 0.95]})
    assert report.provenance.dataset_digest == "d" * 64
    assert {"augury", "keras", "tensorflow", "numpy"} <= set(report.provenance.versions)
    again = Report.model_validate_json(report.model_dump_json())
    assert again == report
    assert comparison().model_validate(again.provenance.request).candidates[0].name == "flip"
    assert "NaN" not in json.dumps(json.loads(report.model_dump_json()))


def test_a_report_has_the_linters_findings_on_the_dataset() -> None:
    """They are the first thing to look at when a verdict surprises."""
    rows: dict[str, list[float | None]] = {
        arm.name: [0.8, 0.9] for arm in plans.plan_comparison(comparison(STANDING_EXAMPLE), "uint8").arms
    }
    over, _, targeted = _report(rows, STANDING_EXAMPLE).candidates
    assert "no-rescale" in {found.rule for found in over.findings}
    assert "no-effective-augmentation" in {found.rule for found in targeted.findings}


def test_a_recommendation_to_use_the_baseline_is_judged_by_the_baselines_own_confirmation() -> None:
    """Even where a candidate has the very same spec: that one was not trained on the fresh seeds."""
    request = comparison({"flip": FLIP["flip"], "same": {"rescale": 1 / 255}}, recommend=True)
    plan = plans.plan_comparison(request, "uint8")
    fresh = Round(purpose="confirmation", arms=["baseline", "flip"], seeds=[7, 8, 9])
    recommended = RecommendedSpec(
        starts_from="baseline", spec=plan.arms[0].spec, changes=[], is_no_augmentation=True, sentence="Use none."
    )
    plan = plans.with_round(plan, fresh).model_copy(update={"recommendation": recommended})
    accuracies = {"baseline": 0.9, "flip": 0.95, "same": 0.9}
    places = [(arm.name, seed) for arm, seed in plans.trial_slots(plan)]
    trials = [
        _trial(arm, seed, accuracies[arm] if seed < 7 else 0.5 + 0.4 * (arm == "baseline")) for arm, seed in places
    ]
    records = {arm.name: ArmRecord(arm.name, arm.spec, _records(trials, arm.name)) for arm in plan.arms}
    results = ComparisonResults("job_1", request, plan, "d" * 64, FACTS, trials, records, probes=[], stopped=False)
    report = comparison_report(analyse(results), CREATED_AT).recommendation
    assert report is not None
    assert (report.best_candidate, report.against_baseline) == ("flip", None)
    assert report.against_best is not None
    assert report.against_best.seeds == [7, 8, 9]
    assert report.against_best.mean == pytest.approx(40)
