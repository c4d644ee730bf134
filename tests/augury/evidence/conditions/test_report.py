"""Verdicts under conditions: on pairs of the same images, with the error shared, and words for what is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from api_schemas.reports.conditions import ConditionEffect, ConditionsReport
from api_schemas.reports.report import Report
from augury.conditions.answers import ConditionResults
from augury.evidence.analysis import Analysis, analyse
from augury.evidence.comparison_report import comparison_report
from augury.evidence.conditions.report import conditions_report
from tests.augury.evidence.comparisons import CREATED_AT
from tests.augury.evidence.conditions.samples import IMAGES, judged

OTHER = "ds_" + 32 * "c"


def _report(analysis: Analysis) -> ConditionsReport:
    report = conditions_report(analysis.results, analysis.judgements)
    assert report is not None
    return report


def _two(**request: object) -> Analysis:
    """A candidate that loses as images are, gains in the dark, and is no other in noise."""
    return judged(
        {"baseline": {"dimmed": 0.6, "noisy": 0.8}, "bright": {"dimmed": 0.9, "noisy": 0.8}},
        {"baseline": 0.97, "bright": 0.9},
        conditions=["dimmed", "noisy"],
        **request,
    )


def _effect(report: ConditionsReport, condition: str, candidate: int = 0) -> ConditionEffect:
    return next(each for each in report.candidates[candidate].effects if each.condition == condition)


def test_a_condition_gets_the_verdict_that_its_answers_support() -> None:
    """Thirty points in the dark over five seeds are no accident; nothing in noise is."""
    report = _report(_two())
    dimmed, noisy = _effect(report, "dimmed"), _effect(report, "noisy")
    assert (dimmed.verdict, noisy.verdict) == ("helps", "inconclusive")
    assert dimmed.difference is not None
    assert dimmed.difference.mean == pytest.approx(30)
    assert dimmed.difference.low < 30 < dimmed.difference.high
    assert (dimmed.baseline_accuracy, dimmed.accuracy) == (pytest.approx(0.6), pytest.approx(0.9))
    assert report.shown == {"dimmed": IMAGES, "noisy": IMAGES}
    assert (report.models, report.models_failed) == (10, 0)


def test_the_error_is_shared_over_conditions_and_candidates() -> None:
    """Each of six claims has a sixth of it, whatever the number of strengths."""
    shares = {"dimmed": 0.6, "noisy": 0.8, OTHER: 0.7}
    analysis = judged(
        {"baseline": shares, "one": shares, "two": shares},
        {"baseline": 0.9, "one": 0.9, "two": 0.9},
        conditions=["dimmed", {"name": "noisy", "strengths": [2]}, {"dataset": OTHER}],
    )
    report = _report(analysis)
    confidences = {each.difference.confidence for told in report.candidates for each in told.effects if each.difference}
    assert list(confidences) == [pytest.approx(1 - 0.05 / 6)]
    assert report.confidence == 0.95


def test_the_sentence_says_what_it_costs_and_what_it_gains() -> None:
    """On images like yours by the verdict's own interval, elsewhere by the condition's."""
    analysis = _two()
    unchanged = analysis.judgements[0].difference
    assert unchanged is not None
    assert _report(analysis).candidates[0].sentence == (
        f"bright costs {abs(unchanged.mean):.1f} points on images like yours and gains 30.0 on dimmed ones. "
        "No difference is shown on noisy ones."
    )


def test_strengths_have_their_own_accuracies_and_one_verdict() -> None:
    """What is gained at the strongest is a fifth of the whole."""
    steps = [0.9, 0.85, 0.8, 0.7, 0.5]
    analysis = judged(
        {"baseline": {"blurred": steps}, "soft": {"blurred": [*steps[:4], 0.7]}},
        {"baseline": 0.95, "soft": 0.95},
        conditions=["blurred"],
    )
    blurred = _effect(_report(analysis), "blurred")
    assert [each.strength for each in blurred.strengths] == [1, 2, 3, 4, 5]
    assert [each.baseline_accuracy for each in blurred.strengths] == pytest.approx(steps)
    assert [each.difference.mean for each in blurred.strengths] == pytest.approx([0, 0, 0, 0, 20])
    assert blurred.difference is not None
    assert blurred.difference.mean == pytest.approx(4)


def test_copies_of_an_image_are_no_further_evidence() -> None:
    """Five strengths at which a model answers alike tell as much as one of them."""
    analysis = judged(
        {"baseline": {"jpeg": 0.7}, "clear": {"jpeg": 0.75}},
        {"baseline": 0.9, "clear": 0.9},
        conditions=[{"name": "jpeg", "strengths": [3]}],
    )
    copied = _with_copies(analysis, 5)
    once, often = (_effect(_report(each), "jpeg").difference for each in (analysis, copied))
    assert once is not None
    assert often is not None
    assert (often.mean, often.low, often.high) == pytest.approx((once.mean, once.low, once.high), rel=1e-3)


def _with_copies(analysis: Analysis, times: int) -> Analysis:
    """The same with every answer given at so many strengths."""
    results = analysis.results
    assert results.conditions is not None
    assert results.plan.conditions is not None
    answers = {
        model: {
            name: replace(
                each,
                predicted=np.repeat(each.predicted, times, axis=0),
                probability=np.repeat(each.probability, times, axis=0),
            )
            for name, each in of_model.items()
        }
        for model, of_model in results.conditions.answers.items()
    }
    targets = [
        each.model_copy(update={"strengths": list(range(1, times + 1))}) for each in results.plan.conditions.targets
    ]
    plan = results.plan.model_copy(
        update={"conditions": results.plan.conditions.model_copy(update={"targets": targets})}
    )
    return analyse(replace(results, plan=plan, conditions=ConditionResults(answers)))


def test_images_of_another_dataset_that_come_in_groups_are_judged_by_groups() -> None:
    """Two hundred images of four groups are four: the interval is wider than that of images one by one."""
    shares = {"baseline": {OTHER: 0.6}, "other": {OTHER: 0.8}}
    alone, grouped = (
        judged(shares, {"baseline": 0.9, "other": 0.9}, conditions=[{"dataset": OTHER}], groups=groups)
        for groups in ({}, {OTHER: np.arange(IMAGES) // 50})
    )
    widths = []
    for analysis in (alone, grouped):
        effect = _effect(_report(analysis), OTHER)
        assert effect.difference is not None
        assert effect.strengths == []
        widths.append(effect.difference.high - effect.difference.low)
    assert widths[1] > widths[0]


def test_what_too_few_models_could_be_judged_on_has_no_verdict() -> None:
    """One seed that is left of five gives no interval, and that is said."""
    analysis = _two()
    assert analysis.results.conditions is not None
    left = {model: each for model, each in analysis.results.conditions.answers.items() if model[1] == 0}
    report = _report(analyse(replace(analysis.results, conditions=ConditionResults(left, failed=8))))
    told = report.candidates[0]
    assert told.sentence == "bright: too few of its models and of the baseline's could be judged under conditions."
    assert [(each.verdict, each.difference, each.accuracy) for each in told.effects] == 2 * [
        ("inconclusive", None, None)
    ]
    assert report.models_failed == 8


def test_models_of_one_side_alone_are_left_out_of_the_pairs() -> None:
    """A seed on which only the baseline could be judged is no pair."""
    analysis = _two()
    assert analysis.results.conditions is not None
    answers = dict(analysis.results.conditions.answers)
    del answers["bright", 3]
    report = _report(analyse(replace(analysis.results, conditions=ConditionResults(answers, failed=1))))
    dimmed = _effect(report, "dimmed")
    assert dimmed.difference is not None
    assert dimmed.difference.seeds == [0, 1, 2, 4]


def test_a_report_without_conditions_says_nothing_of_them() -> None:
    """And one of an earlier version, which has no such field, can still be read."""
    analysis = _two()
    plan = analysis.results.plan.model_copy(update={"conditions": None})
    report = comparison_report(analyse(replace(analysis.results, plan=plan, conditions=None)), CREATED_AT)
    assert report.conditions is None
    assert Report.model_validate_json(report.model_dump_json(exclude={"conditions"})) == report


def test_conditions_are_part_of_the_report() -> None:
    """As JSON and back."""
    report = comparison_report(_two(), CREATED_AT)
    assert report.conditions is not None
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_the_summary_tells_what_is_shown_under_conditions() -> None:
    """With the place of its figures, and nothing of a candidate of which nothing is shown."""
    analysis = judged(
        {"baseline": {"dimmed": 0.6}, "bright": {"dimmed": 0.9}, "same": {"dimmed": 0.6}},
        {"baseline": 0.9, "bright": 0.9, "same": 0.9},
        conditions=["dimmed"],
    )
    report = comparison_report(analysis, CREATED_AT)
    assert report.conditions is not None
    told = [cause for cause in report.summary if cause.kind == "condition"]
    assert [(cause.text, cause.evidence) for cause in told] == [
        (report.conditions.candidates[0].sentence, "/conditions/candidates/0")
    ]
    assert told[0].strength == pytest.approx(30)


def test_conditions_are_judged_by_the_metric_that_decides() -> None:
    """Half a nat less of loss in the dark is fifty hundredths better, whatever classes are named."""
    shares = {"baseline": {"dimmed": 0.7}, "sure": {"dimmed": 0.7}}
    analysis = judged(shares, {"baseline": 0.9, "sure": 0.9}, conditions=["dimmed"], metric="log_loss")
    losses = np.random.default_rng(1).gamma(4, 0.25, IMAGES).astype(np.float32)
    results = analysis.results
    assert results.conditions is not None
    answers = {
        (arm, seed): {
            name: replace(each, values=np.tile(losses - (0.5 if arm == "sure" else 0), (5, 1)))
            for name, each in of_model.items()
        }
        for (arm, seed), of_model in results.conditions.answers.items()
    }
    report = _report(analyse(replace(results, conditions=ConditionResults(answers))))
    dimmed = _effect(report, "dimmed")
    assert dimmed.difference is not None
    assert (dimmed.difference.mean, dimmed.verdict) == (pytest.approx(50, rel=1e-3), "helps")
    assert report.unit == "hundredths of a nat"


def test_a_metric_of_classes_is_taken_of_all_strengths() -> None:
    """Balanced accuracy of images that are as many of each class is accuracy."""
    shares = {"baseline": {"noisy": 0.6}, "calm": {"noisy": 0.9}}
    unchanged = {"baseline": 0.9, "calm": 0.9}
    by_metric = {
        metric: _effect(_report(judged(shares, unchanged, conditions=["noisy"], metric=metric)), "noisy").difference
        for metric in ("accuracy", "balanced_accuracy")
    }
    accuracy, balanced = by_metric["accuracy"], by_metric["balanced_accuracy"]
    assert accuracy is not None
    assert balanced is not None
    assert balanced.mean == pytest.approx(accuracy.mean, abs=0.5)
