"""What reports claim: no direction beyond the stated error, and nothing that a mean hides left unsaid."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.plans import BASELINE
from api_schemas.reports.report import Difference, Report, Verdict
from augury.evidence.analysis import analyse
from augury.evidence.arm_results import SeedRecord
from augury.evidence.statistics.claims import direction_of, means_at_equal_seeds, shown_direction
from augury.evidence.statistics.single_seeds import single_seeds
from augury.evidence.why.claims import claims_of
from augury.evidence.wording import change
from augury.planning.comparison import plan_comparison
from augury.reporting.contents import notices
from augury.reporting.markdown import render_markdown
from tests.augury.evidence.comparisons import (
    LIKE_THE_BASELINE,
    OWN_PREPROCESSING,
    analysis_of,
    do_nothing_comparison,
    record,
    report_of,
)
from tests.augury.evidence.samples import difference
from tests.store.databases import comparison

RARE = np.repeat([0, 1], [190, 10])
EVEN = np.arange(200) % 2


def _trials(labels: np.ndarray, wrong: np.ndarray, seeds: int = 5, **changes: Any) -> list[SeedRecord]:
    """Trials that take these images ``[V]`` for the other class, on every seed alike."""
    return [record(labels, np.where(wrong, 1 - labels, labels), **changes) for _ in range(seeds)]


def _first(count: int, of: np.ndarray) -> np.ndarray:
    """The first so many of these images ``[V]``."""
    return of & (np.cumsum(of) <= count)


def test_among_ten_candidates_that_do_nothing_hardly_a_report_claims_a_direction() -> None:
    """Every sentence counts that says gains, costs, helps, hurts, better, worse or loses, of verdicts and of parts."""
    generator = np.random.default_rng(11)
    claiming = sum(bool(claims_of(report_of(*do_nothing_comparison(generator, 10)))) for _ in range(40))
    assert claiming <= 6  # of 40, at exactly 5 %, more than 6 once in three hundred times


def test_a_part_has_the_verdicts_confidence_and_seeds_and_is_its_interval_where_the_arms_are_the_same() -> None:
    """What transforms do on top of the baseline's own preprocessing is the verdict, and not a second opinion of it."""
    analysis = analysis_of(*do_nothing_comparison(np.random.default_rng(1), 4))
    for measured, judgement in zip(analysis.candidate_results, analysis.judgements, strict=True):
        parts = [measured.preprocessing_difference, measured.augmentation_difference]
        assert all(part is None or part.confidence == pytest.approx(1 - 0.9 * 0.05 / 4) for part in parts)
        if judgement.candidate.preprocessing_arm == BASELINE:
            assert parts == [None, judgement.difference]
    own = [each.preprocessing_difference for each in analysis.candidate_results if each.preprocessing_difference]
    assert len(own) == 2


def test_one_preprocessing_of_several_candidates_has_one_interval() -> None:
    """Also where their verdicts were settled at different looks."""
    specs = {"bad": OWN_PREPROCESSING | {"rotation_range": 90.0}, "open": OWN_PREPROCESSING}
    missed = _first(8, EVEN == 1)
    trials = {
        "baseline": _trials(EVEN, missed, 10),
        "bad": _trials(EVEN, _first(90, EVEN == 1), 10),
        "open": _trials(EVEN, _first(9, EVEN == 1), 10),
    }
    plan = _plan_of(specs)
    trials |= {arm: _trials(EVEN, _first(4, EVEN == 1), 10) for arm in plan if arm not in trials}
    analysis = analysis_of(trials, specs, evaluation={"seeds": {"min": 3, "max": 10}})
    bad, undecided = analysis.judgements
    assert bad.settled_at == 3
    assert undecided.settled_at is None
    one, other = (each.preprocessing_difference for each in analysis.candidate_results)
    assert one == other
    assert one is not None
    assert one.seeds == list(range(10))


def _plan_of(specs: dict[str, dict[str, Any]]) -> list[str]:
    return [arm.name for arm in plan_comparison(comparison(specs), "uint8").arms]


def test_a_part_is_claimed_only_beside_a_verdict_that_is_shown() -> None:
    """And else told as what was seen, with its interval."""
    part, shown, undecided = difference(2.2, 1.0), difference(-3.0, 1.0), difference(0.1, 1.0)
    assert change(part, shown) == "gains 2.2 points (95% interval +1.2 to +3.2)"
    assert change(part, undecided) == "was 2.2 points higher in these trials (95% interval +1.2 to +3.2)"
    assert change(difference(-2.2, 3.0), shown).startswith("was 2.2 points lower in these trials")
    assert change(difference(0.04, 3.0)).startswith("made no difference in these trials")


ENDS = st.tuples(st.floats(-5, 5), st.floats(0, 5))


@given(ENDS, ENDS)
def test_no_direction_is_shown_that_the_interval_does_not_have(part: Any, whole: Any) -> None:
    """Nor any of a part whose whole has none."""
    of_part, of_whole = difference(*part), difference(*whole)
    shown = shown_direction(of_part, of_whole)
    assert shown in (0, direction_of(of_part))
    assert shown == 0 or direction_of(of_whole) != 0
    assert shown_direction(of_whole, of_whole) == direction_of(of_whole)


def test_a_ruined_class_opens_the_verdict_and_the_summary() -> None:
    """Nineteen images in twenty are of one class and gain; of the other hardly any is recognised any more."""
    baseline, flip = _first(12, RARE == 0), RARE == 1
    report = report_of({"baseline": _trials(RARE, baseline), "flip": _trials(RARE, flip)}, {"flip": LIKE_THE_BASELINE})
    (candidate,) = report.candidates
    assert candidate.losing_classes == ["1"]
    assert candidate.sentence.startswith("flip loses on “1” (recognised: 100% to 0%), and ")
    assert report.summary[0].text.startswith(candidate.sentence)


def test_a_candidate_that_ruins_a_class_comes_before_one_with_a_larger_effect() -> None:
    """What a mean hides is told before what it shows."""
    trials = {
        "baseline": _trials(RARE, _first(12, RARE == 0)),
        "plain": _trials(RARE, _first(0, RARE == 0)),
        "ruin": _trials(RARE, RARE == 1),
    }
    report = report_of(trials, {"plain": LIKE_THE_BASELINE, "ruin": LIKE_THE_BASELINE | {"vertical_flip": True}})
    assert report.summary[0].evidence == "/candidates/1"


def test_the_best_candidate_is_found_on_the_seeds_that_all_have() -> None:
    """One that was settled on three lucky seeds is no better than another that did as well on those."""

    def of(points: list[float]) -> Difference:
        seeds = list(range(len(points)))
        return difference(float(np.mean(points))).model_copy(update={"seeds": seeds, "per_seed": points})

    lucky, steady = of([3.0, 3.0, 3.0]), of([4.0, 4.0, 4.0, 1.0, 1.0, 1.0])
    assert means_at_equal_seeds([lucky, None, steady]) == [3.0, None, 4.0]
    assert steady.mean < lucky.mean


@given(st.lists(st.lists(st.floats(-50, 50), min_size=2, max_size=8), min_size=1, max_size=4))
def test_means_at_equal_seeds_are_the_means_where_seeds_are_equal(rows: list[list[float]]) -> None:
    """And lie among the seeds' own values in any case."""
    all_of_them = [
        difference(float(np.mean(row))).model_copy(update={"seeds": list(range(len(row))), "per_seed": row})
        for row in rows
    ]
    for row, mean in zip(rows, means_at_equal_seeds(all_of_them), strict=True):
        assert mean is not None
        assert min(row) - 1e-9 <= mean <= max(row) + 1e-9
        if len({len(each) for each in rows}) == 1:
            assert mean == pytest.approx(np.mean(row))


def test_preprocessing_is_not_adopted_for_a_mean_above_zero() -> None:
    """It takes an interval above zero."""
    specs = {"flip": OWN_PREPROCESSING}
    trials = {arm: _trials(EVEN, _first(20, EVEN == 1)) for arm in _plan_of(specs)}
    preprocessing = next(arm for arm in trials if arm not in ("baseline", "flip"))
    trials[preprocessing] = _trials(EVEN, _first(19, EVEN == 1))
    analysis = analysis_of(trials, specs)
    part = analysis.candidate_results[0].preprocessing_difference
    assert part is not None
    assert part.low < 0 < part.mean
    assert analysis.recommendation.spec.preprocessing() == analysis.baseline.spec.preprocessing()


def test_a_run_that_collapses_is_told_where_the_mean_hides_it() -> None:
    """One of twenty fails; the worst seed, the chance to be ahead and the share of failures stand beside the mean."""
    missed = _first(20, EVEN == 1)
    trials = {"baseline": _trials(EVEN, missed, 20), "flip": _trials(EVEN, _first(10, EVEN == 1), 20)}
    trials["flip"][7] = _trials(EVEN, EVEN == 1, 1)[0]
    report = report_of(trials, {"flip": LIKE_THE_BASELINE})
    (candidate,) = report.candidates
    assert candidate.why is not None
    seeds = candidate.why.single_seeds
    assert seeds is not None
    assert (seeds.worst_seed, seeds.worst_difference) == (7, pytest.approx(-40))
    assert (seeds.ahead, seeds.collapsed) == (pytest.approx(0.95), [7])
    assert seeds.collapse_share_high == pytest.approx(0.2161, abs=1e-4)
    assert "1 of its 20 runs collapsed" in report.summary[0].text


@given(st.lists(st.sampled_from([-3.0, 0.0, 2.0]), min_size=2, max_size=30))
def test_shares_of_seeds_are_exact_binomial(points: list[float]) -> None:
    """Twenty clean runs do not exclude that 14 % fail, and a share lies within its interval."""
    seeds = list(range(len(points)))
    found = single_seeds(difference(0.0).model_copy(update={"seeds": seeds, "per_seed": points}), [])
    assert 0 <= found.ahead_low <= found.ahead <= found.ahead_high <= 1
    assert found.collapse_share_high == pytest.approx(1 - 0.05 ** (1 / len(points)))
    assert found.worst_difference == min(points)


def test_models_that_call_everything_the_frequent_class_have_learned_nothing() -> None:
    """400 images of one class and 16 of the other: nothing is said of what transforms could win."""
    labels = np.repeat([0, 1], [400, 16])
    nothing = _trials(labels, labels == 1, clean_training_accuracy=400 / 416)
    report = report_of(
        {"baseline": nothing, "flip": nothing}, {"flip": LIKE_THE_BASELINE}, warnings=["class 1 has 16 images of 416"]
    )
    text = json.dumps([cause.text for cause in report.summary])
    assert "little to win" not in text
    assert report.summary[0].text.startswith("The baseline's models have learned nothing: they are right on 96.2% of ")
    assert "always naming the most frequent class is on 96.2%. Until" in report.summary[0].text
    assert "neither its models nor the baseline's have learned more" in report.candidates[0].sentence
    assert report.candidates[0].why is not None
    assert not report.candidates[0].why.learned
    assert "Dataset: class 1 has 16 images of 416" in notices(report)
    assert "class 1 has 16 images of 416" in render_markdown(report)
    assert report.provenance.dataset.warnings == ["class 1 has 16 images of 416"]


def test_a_model_that_finds_rare_images_at_the_cost_of_frequent_ones_has_learned() -> None:
    """Its accuracy is no higher than that of always naming the frequent class, and it tells them apart."""
    wrong = _first(7, RARE == 0) | _first(3, RARE == 1)
    report = report_of({"baseline": _trials(RARE, wrong), "flip": _trials(RARE, wrong)}, {"flip": LIKE_THE_BASELINE})
    assert "learned nothing" not in report.summary[0].text
    assert report.candidates[0].why is not None
    assert report.candidates[0].why.baseline_learned


def test_no_gap_after_a_training_that_was_cut_short_is_underfitting() -> None:
    """Not a sign that there is nothing to win."""
    early = _trials(EVEN, _first(40, EVEN == 1), still_improving=True, clean_training_accuracy=0.8)
    report = report_of({"baseline": early, "flip": early}, {"flip": LIKE_THE_BASELINE})
    texts = " ".join(cause.text for cause in report.summary)
    assert "It underfits" in texts
    assert "little to win" not in texts


def test_images_that_a_fixed_set_needs_are_validation_images() -> None:
    """More training images would not decide anything."""
    trials = {"baseline": _trials(EVEN, _first(12, EVEN == 1)), "flip": _trials(EVEN, _first(10, EVEN == 1))}
    for is_fixed, said in ((True, "validation images in all would"), (False, "0 images in all would")):
        analysis = analysis_of(trials, {"flip": LIKE_THE_BASELINE}, has_fixed_splits=is_fixed)
        needed = analysis.candidate_results[0].needed
        assert needed is not None
        assert needed.images is not None
        assert said in needed.sentence


def test_images_that_a_recall_needs_are_of_its_class() -> None:
    """No others are counted."""
    trials = {"baseline": _trials(EVEN, _first(12, EVEN == 1)), "flip": _trials(EVEN, _first(10, EVEN == 1))}
    results = analysis_of(trials, {"flip": LIKE_THE_BASELINE}).results
    name = list(results.facts.classes)[1]
    evaluation = results.request.evaluation.model_copy(update={"metric": f"recall:{name}"})
    asked = replace(results, request=results.request.model_copy(update={"evaluation": evaluation}))
    needed = analyse(asked).candidate_results[0].needed
    assert needed is not None
    assert needed.images is not None
    assert f"{needed.images:,} images of “{name}” in all would" in needed.sentence


def test_probes_that_failed_are_said_to_have() -> None:
    """What rests on them is missing or less sure, and the reader is to know why."""
    trials, specs = do_nothing_comparison(np.random.default_rng(5), 1)
    report = report_of(trials, specs, failed_probes=2)
    assert (report.cost.probes, report.cost.probes_failed) == (0, 2)
    assert any("2 of 2 probes of the baseline's models failed" in notice for notice in notices(report))


def test_a_report_from_before_these_fields_is_still_read() -> None:
    """They have defaults."""
    body = json.loads(report_of(*do_nothing_comparison(np.random.default_rng(5), 2)).model_dump_json())
    for field in ("probes", "probes_failed"):
        del body["cost"][field]
    for candidate in body["candidates"]:
        del candidate["losing_classes"]
        for field in ("single_seeds", "learned", "baseline_learned", "baseline_still_improving"):
            del candidate["why"][field]
    old = Report.model_validate(body)
    assert old.candidates[0].verdict in Verdict
    assert render_markdown(old)


@pytest.mark.parametrize(
    ("improving", "whose"), [("flip", "most of its trials were"), (BASELINE, "most of the baseline's trials were")]
)
def test_every_form_of_a_report_says_in_the_verdict_whose_trainings_were_not_over(improving: str, whose: str) -> None:
    """The reason further down is not enough, as it is the verdict that is cited."""
    trials = {
        name: _trials(EVEN, _first(missed, EVEN == 1), still_improving=name == improving)
        for name, missed in ((BASELINE, 8), ("flip", 40))
    }
    report = report_of(trials, {"flip": LIKE_THE_BASELINE})
    assert whose in report.candidates[0].sentence
    assert whose in report.summary[0].text
    assert whose in render_markdown(report)
