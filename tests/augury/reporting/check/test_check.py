"""What fails a check: verdicts of candidates, and a job that did not succeed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.reports.report import Report, Verdict
from augury.reporting.check.check import Check, FailOn, Outcome
from tests.augury.reporting import samples

_GRAVITY = [Outcome.FINE, Outcome.UNDECIDED, Outcome.HURTS, Outcome.FAILED]
verdict_lists = st.lists(st.sampled_from(Verdict), max_size=5)


def _report(*verdicts: Verdict) -> Report:
    body = samples.full().model_dump()
    candidate = body["candidates"][1]
    body["candidates"] = [candidate | {"name": f"c{at}", "verdict": verdict} for at, verdict in enumerate(verdicts)]
    return Report.model_validate(body)


def _outcome(fail_on: FailOn, verdicts: list[Verdict], problem: str = "") -> Outcome:
    return Check(fail_on, "job_1", _report(*verdicts), problem).outcome


@pytest.mark.parametrize(
    ("fail_on", "verdict", "outcome"),
    [
        (FailOn.HURTS, Verdict.HURTS, Outcome.HURTS),
        (FailOn.HURTS, Verdict.INCONCLUSIVE, Outcome.FINE),
        (FailOn.INCONCLUSIVE, Verdict.HURTS, Outcome.HURTS),
        (FailOn.INCONCLUSIVE, Verdict.INCONCLUSIVE, Outcome.UNDECIDED),
        (FailOn.NONE, Verdict.HURTS, Outcome.FINE),
        (FailOn.NONE, Verdict.INCONCLUSIVE, Outcome.FINE),
    ],
)
def test_a_verdict_fails_what_was_asked_to_fail_by_it(fail_on: FailOn, verdict: Verdict, outcome: Outcome) -> None:
    """Others beside it do not matter."""
    assert _outcome(fail_on, [Verdict.HELPS, verdict, Verdict.EQUIVALENT]) is outcome


@given(st.sampled_from(FailOn), verdict_lists, verdict_lists)
def test_more_candidates_never_make_it_better(fail_on: FailOn, some: list[Verdict], more: list[Verdict]) -> None:
    """And their order does not matter."""
    alone, together = _outcome(fail_on, some), _outcome(fail_on, some + more)
    assert _GRAVITY.index(together) >= _GRAVITY.index(alone)
    assert _outcome(fail_on, more + some) is together


@given(verdict_lists)
def test_to_fail_on_more_is_stricter(verdicts: list[Verdict]) -> None:
    """None, what hurts, and what is undecided, too."""
    gravity = [_GRAVITY.index(_outcome(each, verdicts)) for each in (FailOn.NONE, FailOn.HURTS, FailOn.INCONCLUSIVE)]
    assert gravity == sorted(gravity)


@given(st.sampled_from(FailOn), verdict_lists)
def test_of_a_job_that_failed_nothing_is_known(fail_on: FailOn, verdicts: list[Verdict]) -> None:
    """Whatever its report says, and whatever was asked to fail."""
    assert _outcome(fail_on, verdicts, "failed: no memory") is Outcome.FAILED


def test_the_gravest_verdict_is_told_whatever_fails_the_check() -> None:
    """For those who decide by themselves; of no candidate there is none."""
    assert Check(FailOn.NONE, "job_1", samples.full()).gravest_verdict is Verdict.HURTS
    assert Check(FailOn.NONE, "job_1", _report(Verdict.HELPS, Verdict.EQUIVALENT)).gravest_verdict is Verdict.EQUIVALENT
    assert Check(FailOn.NONE, "job_1", None).gravest_verdict is None


def test_verdicts_under_conditions_fail_nothing() -> None:
    """Only those of the metric that decides, on the validation images, do."""
    hurts = samples.difference(-20.0, 2.0)
    effect = {"condition": "dimmed", "images": "dimmed images", "verdict": Verdict.HURTS, "difference": hurts}
    effect |= {"baseline_accuracy": 0.9, "accuracy": 0.7}
    told = {"name": "c0", "sentence": "c0 loses on dimmed images.", "effects": [effect]}
    body = _report(Verdict.HELPS).model_dump()
    body["conditions"] = {"confidence": 0.95, "unit": "points", "shown": {"dimmed": 100}, "models": 10}
    body["conditions"]["candidates"] = [told]
    assert Check(FailOn.INCONCLUSIVE, "job_1", Report.model_validate(body)).outcome is Outcome.FINE
