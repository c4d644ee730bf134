"""What a report says of other budgets and of shares of the images, from planted trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.differences import Verdict
from api_schemas.reports.report import Report
from api_schemas.training.trials import Trial, TrialState
from augury.evidence.analysis import analyse
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_report import comparison_report
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.next_round import next_round
from augury.planning.comparison import plan_comparison, trial_slots, with_round
from tests.augury.evidence.comparisons import CREATED_AT, LIKE_THE_BASELINE, record
from tests.store.databases import FACTS, comparison, result

IMAGES, SEEDS = 400, 5
LABELS = np.arange(IMAGES) % 2
TRAINED = 80
"""Images that a trial of all of them trains on, in the facts of these tests."""


def _results(accuracies: Mapping[str, float], improving: tuple[str, ...] = (), **asked: Any) -> ComparisonResults:
    """Results in which every arm knows that share of the images, the first ones, but for a few of each seed's own."""
    request = comparison({"flip": LIKE_THE_BASELINE}, training={"epochs": 30}, evaluation={"seeds": SEEDS}, **asked)
    plan = plan_comparison(request, "uint8")
    plan = with_round(plan, plan.due[0])
    generator, records, trials = np.random.default_rng(0), {}, []
    for arm in plan.arms:
        right = np.arange(IMAGES) < round(accuracies[arm.name] * IMAGES)
        records[arm.name] = ArmRecord(
            arm.name,
            arm.spec,
            {
                seed: record(
                    LABELS,
                    np.where(right ^ (generator.random(IMAGES) < 0.01), LABELS, 1 - LABELS),
                    still_improving=arm.name in improving,
                )
                for seed in plan.seeds
            },
        )
    for arm, seed in trial_slots(plan):
        images = round(TRAINED * (arm.training_share or 1))
        trials.append(_trial(arm.name, seed, images))
    return ComparisonResults("job_1", request, plan, "d" * 64, FACTS, trials, records, probes=[], stopped=False)


def _trial(arm: str, seed: int, images: int) -> Trial:
    measured = result().model_copy(update={"training_images": images})
    return Trial(
        id=f"{arm}-{seed}", arm=arm, seed=seed, state=TrialState.SUCCEEDED, is_terminal=True, reused=False, attempts=1,
        epoch=1, epochs=1, key="", spec={}, result=measured, error=None, created_at=CREATED_AT, started_at=CREATED_AT,
        finished_at=CREATED_AT,
    )  # fmt: skip


def _report(results: ComparisonResults) -> Report:
    return comparison_report(analyse(results), CREATED_AT)


BUDGETS = {
    BASELINE: 0.80, "flip": 0.80,
    f"{BASELINE}@10 epochs": 0.70, "flip@10 epochs": 0.60,
    f"{BASELINE}@100 epochs": 0.80, "flip@100 epochs": 0.90,
}  # fmt: skip


def test_a_response_to_the_budget_says_where_it_turns_and_no_more() -> None:
    """From hurts to helps: somewhere between the two budgets at which that is shown."""
    response = _report(_results(BUDGETS, budget_response=[10, 100])).budget_response
    assert response is not None
    flip = response.candidates[0]
    assert [(point.epochs, point.verdict) for point in flip.points] == [
        (10, Verdict.HURTS),
        (30, Verdict.INCONCLUSIVE),
        (100, Verdict.HELPS),
    ]
    assert flip.sentence.startswith("flip hurts at 10 epochs (-")
    assert " points), is undecided at 30 and helps at 100 (+" in flip.sentence
    assert flip.sentence.endswith("It turns somewhere between 10 and 100 epochs.")


def test_the_error_of_a_response_is_shared_over_its_levels_and_candidates() -> None:
    """And the report says so."""
    response = _report(_results(BUDGETS, budget_response=[10, 100])).budget_response
    assert response is not None
    assert response.confidence == pytest.approx(1 - 0.05 / 3)
    assert all(point.difference and point.difference.confidence == response.confidence
               for each in response.candidates for point in each.points)  # fmt: skip
    assert "hold together at 95% (Bonferroni)" in response.method


def test_a_response_to_the_budget_says_where_even_the_largest_was_too_small() -> None:
    """What still improves there may end elsewhere."""
    results = _results(BUDGETS, ("flip@100 epochs",), budget_response=[10, 100])
    response = _report(results).budget_response
    assert response is not None
    assert response.candidates[0].sentence.endswith(
        "At 100 epochs, most of its trials were still improving: more may change this again."
    )


SHARES = {
    f"{BASELINE}@25% of the images": 0.60, "flip@25% of the images": 0.70,
    f"{BASELINE}@50% of the images": 0.70, "flip@50% of the images": 0.80,
    BASELINE: 0.80, "flip": 0.80,
}  # fmt: skip


def test_the_epochs_of_shares_that_have_their_own_are_said() -> None:
    """What is trained on fewer images for more epochs is no training on fewer images alone."""
    results = _results(SHARES, data_response=[0.25, 0.5])
    own = {0.25: 200, 0.5: 180, None: None}
    arms = [arm.model_copy(update={"epochs": own[arm.training_share]}) for arm in results.plan.arms]
    with_own = replace(results, plan=results.plan.model_copy(update={"arms": arms}))
    said = "trained for as long as a dataset of its size is (200 epochs on 25% and 180 epochs on 50%)"
    for each, is_said in ((with_own, True), (results, False)):
        response = _report(each).data_response
        assert response is not None
        assert (said in response.method) is is_said


def test_an_augmentation_is_worth_the_images_with_which_the_baseline_does_as_well() -> None:
    """Ten points are a doubling here: 20 augmented images are worth 40, 40 are worth 80, and 80 are worth 80."""
    response = _report(_results(SHARES, data_response=[0.25, 0.5])).data_response
    assert response is not None
    flip = response.candidates[0]
    assert [point.images for point in flip.points] == [20, 40, 80]
    needed = flip.points[0].equals_baseline_on
    assert needed is not None
    assert needed.images == pytest.approx(40, rel=0.1)
    assert needed.low is not None
    assert needed.high is not None
    assert 20 < needed.low < 40 < needed.high < 80
    assert flip.does_as_well_on is not None
    assert flip.does_as_well_on.images == pytest.approx(40, rel=0.1)
    assert "flip helps at 20 and 40 images (+" in flip.sentence
    assert "With 20 images it does as well as the baseline with about " in flip.sentence
    assert "it is worth about 2" in flip.sentence


@pytest.mark.parametrize(("at_all", "said"), [(0.80, False), (0.70, True)])
def test_a_gain_ends_where_that_is_shown_and_not_where_it_is_only_not_shown_to_go_on(at_all: float, said: bool) -> None:
    """An undecided level is no end."""
    response = _report(_results(SHARES | {"flip": at_all}, data_response=[0.25, 0.5])).data_response
    assert response is not None
    sentence = "Its gain ends somewhere between 40 and 80 images."
    assert (sentence in response.candidates[0].sentence) == said


def test_what_is_worth_more_than_was_measured_is_said_to_be_worth_more() -> None:
    """The baseline's curve ends before it reaches the candidate: nothing is extrapolated."""
    better = SHARES | {"flip@50% of the images": 0.95, "flip": 0.96}
    response = _report(_results(better, data_response=[0.25, 0.5])).data_response
    assert response is not None
    half = response.candidates[0].points[1].equals_baseline_on
    assert half is not None
    assert (half.images, half.low, half.high) == (None, pytest.approx(80), None)
    assert "the baseline with more than 80: it is worth more than 40 more images" in response.candidates[0].sentence


def test_levels_that_make_no_difference_claim_no_worth() -> None:
    """An augmentation that does nothing is worth no images."""
    nothing = {name: SHARES[name.replace("flip", BASELINE)] for name in SHARES}
    response = _report(_results(nothing, data_response=[0.25, 0.5])).data_response
    assert response is not None
    for said in ("worth", "costs", "helps", "hurts"):
        assert said not in response.candidates[0].sentence


def test_nothing_is_said_of_a_number_of_images_of_which_nothing_is_known() -> None:
    """The baseline's curve is flat, so that it does as well with any number."""
    response = _report(_results(dict.fromkeys(SHARES, 0.7), data_response=[0.25, 0.5])).data_response
    assert response is not None
    assert response.candidates[0].sentence == "flip is undecided at 20, 40 and 80 images."


def test_arms_at_other_levels_are_no_candidates() -> None:
    """Neither for verdicts nor for the recommendation, and a plan that has trained them needs no more rounds."""
    results = _results(BUDGETS, budget_response=[10, 100])
    analysis = analyse(results)
    assert [each.candidate.name for each in analysis.judgements] == ["flip"]
    report = comparison_report(analysis, CREATED_AT)
    assert [arm.role for arm in report.arms].count(ArmRole.BUDGET) == 4
    assert next_round(analysis) is None


def test_other_levels_are_trained_once_the_verdicts_are_taken() -> None:
    """More seeds for the undecided come before them, and a confirmation after."""
    results = _results(BUDGETS, budget_response=[10, 100], recommend=True)
    due = results.plan.rounds[-1]
    before = results.plan.model_copy(update={"rounds": results.plan.rounds[:-1], "due": [due]})
    extension = next_round(analyse(replace(results, plan=before)))
    assert extension is not None
    assert extension.round == due
    after = next_round(analyse(results))
    assert after is not None
    assert after.round.purpose == "confirmation"


def test_a_job_that_was_stopped_before_its_responses_has_none() -> None:
    """And no arms without a single trial."""
    results = _results(BUDGETS, budget_response=[10, 100])
    plan = results.plan.model_copy(update={"rounds": results.plan.rounds[:-1], "due": [results.plan.rounds[-1]]})
    report = _report(replace(results, plan=plan, stopped=True))
    assert report.budget_response is None
    assert {arm.role for arm in report.arms} == {ArmRole.BASELINE, ArmRole.CANDIDATE}


def test_among_candidates_that_do_nothing_hardly_a_response_claims_a_direction() -> None:
    """At no level and in no amount of images; what is said of levels holds together."""
    claiming = 0
    for seed in range(40):
        results = _do_nothing(np.random.default_rng(seed))
        report = _report(results)
        assert report.budget_response is not None
        assert report.data_response is not None
        said = [each.sentence for each in (*report.budget_response.candidates, *report.data_response.candidates)]
        claiming += any(word in sentence for sentence in said for word in ("helps", "hurts", "worth", "costs", "turns"))
    assert claiming <= 8  # of 40, with two responses of 5 % each: more once in fifty times


def _do_nothing(generator: np.random.Generator) -> ComparisonResults:
    """Results in which flip is the baseline under other randomness, at every level."""
    accuracies = {**SHARES, **{f"{name}@{epochs} epochs": 0.8 for name in (BASELINE, "flip") for epochs in (10, 100)}}
    results = _results(accuracies, budget_response=[10, 100], data_response=[0.25, 0.5])
    known = 1 / (1 + np.exp(-generator.normal(2, 2, IMAGES)))
    records = {}
    for name, of_arm in results.records.items():
        right = generator.random((SEEDS, IMAGES)) < np.clip(known + generator.normal(0, 0.02, IMAGES), 0, 1)
        seeds = {
            seed: record(LABELS, np.where(each, LABELS, 1 - LABELS))
            for seed, each in zip(of_arm.seeds, right, strict=True)
        }
        records[name] = ArmRecord(name, of_arm.spec, seeds)
    return replace(results, records=records)
