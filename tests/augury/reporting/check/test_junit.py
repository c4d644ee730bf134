"""A check as JUnit XML, as a parser that others use reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from augury.reporting.check.check import Check, FailOn
from augury.reporting.check.junit import render_junit
from tests.augury.reporting import samples
from tests.augury.reporting.conftest import SAMPLES


def _suite(check: Check) -> TestSuite:
    document = JUnitXml.fromstring(render_junit(check).encode())
    assert document.tests == sum(suite.tests for suite in document)
    (suite,) = document
    return suite


def _cases(check: Check) -> dict[str, TestCase]:
    return {case.name: case for case in _suite(check)}


def _kinds(check: Check) -> dict[str, list[type]]:
    return {name: [type(result) for result in case.result] for name, case in _cases(check).items()}


def test_each_candidate_is_a_case_that_says_its_verdict() -> None:
    """With the interval in the message and the reasons in the text."""
    over = _cases(Check(FailOn.HURTS, "job_1", samples.full()))["over"]
    (failure,) = over.result
    assert (failure.type, over.classname) == ("hurts", "augury.comparison")
    assert failure.message == "hurts: −78.2 points, 98.33% interval [−81.0, −75.4], 5 seeds"
    assert "width_shift_range = 0.5 alone takes a third" in failure.text


@pytest.mark.parametrize(
    ("fail_on", "over", "appropriate"),
    [
        (FailOn.HURTS, [Failure], [Skipped]),
        (FailOn.INCONCLUSIVE, [Failure], [Failure]),
        (FailOn.NONE, [Skipped], [Skipped]),
    ],
)
def test_passed_means_helps_or_makes_no_difference(fail_on: FailOn, over: list[type], appropriate: list[type]) -> None:
    """What hurts or is undecided has failed, or is skipped where it was not asked to fail."""
    expected = {"over": over, "appropriate": appropriate, "targeted": [], "scaled": []}
    assert _kinds(Check(fail_on, "job_1", samples.full())) == expected


def test_the_suite_counts_its_cases() -> None:
    """And has the time that was trained for this job, which its reused trials took none of."""
    suite = _suite(Check(FailOn.INCONCLUSIVE, "job_1", samples.full()))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 2, 0, 0)
    assert suite.time == pytest.approx(4 * 4 * 3.2)


def test_a_job_without_a_report_is_one_error_that_says_why() -> None:
    """So that a pipeline that looks at the file only does not take it for a success."""
    cases = _cases(Check(FailOn.NONE, "job_1", None, "failed: Three workers were lost. (worker_lost)"))
    assert {name: result.message for name, case in cases.items() for result in case.result} == {
        "job": "failed: Three workers were lost. (worker_lost)"
    }


def test_a_candidate_without_a_result_is_an_error_of_a_job_that_failed() -> None:
    """It is no verdict, though its report calls it inconclusive."""
    assert _kinds(Check(FailOn.INCONCLUSIVE, "job_1", samples.minimal(), "failed: no memory")) == {
        "job": [Error],
        "flip": [Error],
    }


def test_what_was_asked_and_what_it_cost_are_properties() -> None:
    """With a link to the job where there is one."""
    suite = _suite(Check(FailOn.HURTS, "job_1", samples.full(), link="http://127.0.0.1:8000/jobs/job_1"))
    assert {each.name: each.value for each in suite.properties()} == {
        "job": "job_1",
        "fail_on": "hurts",
        "outcome": "hurts",
        "verdict": "hurts",
        "page": "http://127.0.0.1:8000/jobs/job_1",
        "metric": "accuracy",
        "confidence": "0.95",
        "trials_trained": "25",
        "trials_reused": "5",
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_can_be_read(name: str) -> None:
    """Hostile names and those of many candidates, too."""
    report = SAMPLES[name]()
    assert len(_cases(Check(FailOn.HURTS, "job_1", report))) == len(report.candidates)


@given(st.text(st.characters(), max_size=40))
def test_whatever_a_sentence_says_the_document_can_be_read(text: str) -> None:
    """Markup, control characters and half of a surrogate pair are text, or a sign in their place."""
    report = samples.full()
    over = report.candidates[0].model_copy(update={"sentence": text})
    told = report.model_copy(update={"candidates": [over]})
    (failure,) = _cases(Check(FailOn.HURTS, "job_1", told, text))["over"].result
    assert isinstance(failure, Failure)
