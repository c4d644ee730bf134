"""A check as a summary for people: what failed it first, and names that stay text."""

from __future__ import annotations

import re

import pytest

from augury.reporting.check.check import Check, FailOn
from augury.reporting.check.summary import MARK, MAX_LENGTH, render_summary
from tests.augury.reporting import samples
from tests.augury.reporting.conftest import SAMPLES


def test_what_fails_the_check_comes_first() -> None:
    """The candidate, its sentence, and what was asked to fail; then everybody's figures."""
    text = render_summary(Check(FailOn.HURTS, "job_1", samples.full()))
    said = (
        MARK,
        "## Augury: an augmentation hurts",
        "because of over** (`--fail-on hurts`)",
        "- over hurts: -78.2 points against the baseline",
        "| over | ▼ hurts | −78.2 \\[−81.0, −75.4\\] |",
        "| targeted | ▲ helps |",
    )
    at = [text.index(each) for each in said]
    assert at == sorted(at)


def test_candidates_that_fail_are_marked_in_the_table_and_no_others() -> None:
    """In a column that is there only where something fails."""
    marked = re.findall(r"^\| (\w+) .*fails the check", render_summary(_check(FailOn.INCONCLUSIVE)), re.MULTILINE)
    assert marked == ["over", "appropriate"]
    assert "| Check |" not in render_summary(_check(FailOn.NONE))


def _check(fail_on: FailOn) -> Check:
    return Check(fail_on, "job_1", samples.full())


def test_a_check_that_passes_says_by_which_rule() -> None:
    """And which verdicts there are, as nothing that fails is not nothing that hurts."""
    text = render_summary(_check(FailOn.NONE))
    assert "No candidate fails it under `--fail-on none`." in text
    assert "Verdicts: equivalent, helps, hurts and inconclusive." in text


def test_recommendation_method_cost_and_link_follow() -> None:
    """The recommended spec can be copied; the link is the job's page."""
    text = render_summary(Check(FailOn.HURTS, "job_1", samples.full(), link="http://127.0.0.1:8000/jobs/job_1"))
    assert "**Recommended:** Keep the normalisation of targeted" in text
    assert '"rotation_range": 10.0' in text
    assert "(<http://127.0.0.1:8000/jobs/job_1>)" in text
    assert "Each trial trained on 500 images" in text
    assert "25 trained in 2 min 3 s, 5 reused, 0 without a result" in text


def test_a_job_that_failed_says_why_and_claims_no_verdict() -> None:
    """Also where there is no report."""
    text = render_summary(Check(FailOn.HURTS, "job_1", None, "failed: Three workers were lost. (worker_lost)"))
    assert "the comparison did not succeed" in text
    assert "Three workers were lost." in text
    assert "No candidate fails" not in text


def test_what_is_missing_is_said_before_the_verdicts() -> None:
    """Trials without a result, and that the job was stopped."""
    before = render_summary(Check(FailOn.HURTS, "job_1", samples.troubled())).partition("**Differences")[0]
    assert "stopped early" in before
    assert "2 trials of 30 gave no result" in before


def test_hostile_names_stay_text() -> None:
    """No tag, no comment's end, no heading, no link, no mention, no end of a cell."""
    text = render_summary(Check(FailOn.HURTS, "job_1", samples.hostile(), "failed: --> <img src=x> @all", "h>\n# t"))
    assert set(re.findall(r"<[^\s>]*", text)) == {
        "<!--",
        "<details",
        "<summary",
        "</summary",
        "</details",
        "<h%3E%0A#%20t",
    }
    assert re.findall(r"^#.*", text, re.MULTILINE) == ["## Augury: the comparison did not succeed"]
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(", text)
    assert "\\@all" in text
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_fits_into_a_comment(name: str) -> None:
    """Of a report with everything, of one with nothing, and of one with as many candidates as a request may have."""
    assert len(render_summary(Check(FailOn.INCONCLUSIVE, "job_1", SAMPLES[name]()))) < MAX_LENGTH


def test_the_longest_that_there_can_be_fits_into_a_comment() -> None:
    """Twenty candidates that fail, the longest names, sentences and warnings without an end, and all of it escaped."""
    endless, report = "<" * 5_000, samples.crowded()
    candidates = [each.model_copy(update={"name": "<" * 64, "sentence": endless}) for each in report.candidates]
    facts = report.provenance.dataset.model_copy(update={"warnings": [endless] * 50})
    provenance = report.provenance.model_copy(update={"dataset": facts})
    longest = report.model_copy(update={"candidates": candidates, "provenance": provenance})
    text = render_summary(Check(FailOn.HURTS, "job_1", longest, endless))
    assert 40_000 < len(text) < MAX_LENGTH
    assert "- 10 more, in the table." in text
