"""The report on a terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from api_schemas.reports.report import Report
from augury.cli.render.report import render
from tests.augury.reporting import samples
from tests.augury.wire import arm, candidate, report_body, seed_result


def rendered(body: dict[str, Any], width: int, *, colour: bool = False) -> str:
    """The report as text, for a terminal of this width."""
    console = Console(
        file=io.StringIO(),
        width=width,
        markup=False,
        highlight=False,
        force_terminal=colour,
        color_system="standard" if colour else None,
    )
    console.print(render(Report.model_validate(body, strict=False), width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(standing_report: dict[str, Any], width: int) -> None:
    """The report fits, even with the widest numbers there can be."""
    assert max(map(len, rendered(standing_report, width).splitlines())) <= width


@pytest.mark.parametrize("width", [80, 100])
def test_no_number_is_broken_or_cut(standing_report: dict[str, Any], width: int) -> None:
    """Means, intervals and the values by seed are on one line each, whatever the width."""
    text = rendered(standing_report, width)
    for whole in ("-78.2", "[-100.0, -56.5]", "[-19.9, -17.5]", "93.9 94.0 94.1 94.2 94.3", "98.7", "3.2"):
        assert whole in text
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


def test_an_arm_s_name_is_not_broken_within_a_word() -> None:
    """Beside as many columns as a section has, on a narrow terminal."""
    names = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "calibration_error")
    metrics = {name: {"mean": 0.5, "seeds": [0], "per_seed": [0.5]} for name in names}
    named = ("baseline", "augury:recommended", "targeted:preprocessing")
    arms = [arm(name, "baseline", 0.9) | {"metrics": metrics} for name in named]
    lines = rendered(report_body([], arms), 80).splitlines()
    assert sum(line.startswith("augury:") for line in lines) == 2
    assert sum(line.split()[:1] == ["preprocessing"] for line in lines) == 2
    assert all(line.split()[0] == "augury:" for line in lines if line.startswith("augury"))


def test_every_candidate_opens_with_its_sentence(standing_report: dict[str, Any]) -> None:
    """After the drawing, the first lines say in words what the tables show in numbers."""
    first = rendered(standing_report, 100).split("\n\n")[1].splitlines()[:4]
    assert [line.rstrip() for line in first] == [each["sentence"] for each in standing_report["candidates"]]


def test_a_mean_and_its_interval_share_a_line_where_there_is_room(standing_report: dict[str, Any]) -> None:
    """At 100 columns, difference and interval stand side by side."""
    assert "+2.2 [+1.3, +3.1]" in rendered(standing_report, 100)


def test_colours_are_for_verdicts_only(standing_report: dict[str, Any]) -> None:
    """Nothing but verdicts is coloured: their words, and what is drawn of them."""
    coloured = re.findall(r"\x1b\[3\dm(.*?)\x1b", rendered(standing_report, 100, colour=True))
    words = {re.sub(r"^[-+][\d.]+ |[├─●┤│· ]+", "", text.strip()) for text in coloured} - {""}
    assert words == {"helps", "hurts", "equivalent", "inconclusive"}


def test_a_half_that_a_candidate_does_not_have_is_said_in_words(standing_report: dict[str, Any]) -> None:
    """Preprocessing like the baseline's is not shown as a measured zero, nor is the lack of augmentation."""
    lines = rendered(standing_report, 100).splitlines()
    assert any(re.match(r"appropriate .* as baseline ", line) for line in lines)
    assert any(re.match(r"scaled .* none *$", line) for line in lines)


def test_the_cost_counts_trained_reused_and_failed_trials(standing_report: dict[str, Any]) -> None:
    """The last line says what the evidence cost."""
    last = rendered(standing_report, 100).splitlines()[-1]
    assert last.rstrip() == "Cost: 30 trials: 24 trained in 123.5 s, 5 reused, 1 failed."


def test_a_tiny_negative_difference_has_no_negative_zero(standing_report: dict[str, Any]) -> None:
    """-0.04 points is +0.0."""
    assert "+0.0 [-0.2, +0.2]" in rendered(standing_report, 100)


def test_failed_trials_are_listed_with_their_reason() -> None:
    """An arm without results shows dashes, and why and on which seeds it failed."""
    broken = arm("broken", "candidate", 0.5, seeds=0) | {
        "mean_validation_accuracy": None,
        "mean_clean_training_accuracy": None,
        "mean_seconds": None,
        "failed_trials": [
            {
                "trial_id": f"trial_{seed}",
                "seed": seed,
                "error": {"class": "out_of_memory", "message": "The trial needs more memory.", "retryable": False},
            }
            for seed in (0, 1)
        ],
    }
    undecided = candidate("broken", "inconclusive", 0, 0)
    undecided |= {"difference": None, "preprocessing": None, "augmentation": None}
    text = rendered(report_body([undecided], [arm("baseline", "baseline", 0.9), broken]), 80)
    assert "broken, seeds 0, 1: The trial needs more memory. (out_of_memory)" in text


def test_a_diverged_trial_is_marked() -> None:
    """A star marks it, and the caption says what the star means."""
    diverging = arm("wild", "candidate", 0.5) | {"per_seed": [seed_result(0, 0.1, diverged=True)]}
    text = rendered(report_body([candidate("wild", "hurts", -40, 1)], [diverging]), 80)
    assert "10.0*" in text
    assert "* the loss stopped being finite" in text


def test_many_seeds_are_summarised_and_long_names_are_folded() -> None:
    """Fifty seeds and a name of 64 characters still fit."""
    name = "n" * 64
    body = report_body([candidate(name, "helps", 2, 1)], [arm(name, "candidate", 0.9, seeds=50)])
    text = rendered(body, 80)
    assert "90.0 to 94.9 over" in text
    assert max(map(len, text.splitlines())) <= 80


def full(width: int = 100) -> str:
    """A report with everything, as text."""
    return rendered(samples.full().model_dump(mode="json", by_alias=True), width)


def test_the_summary_comes_first_and_each_verdict_once() -> None:
    """Verdicts that the summary tells are not told again; the others follow it."""
    report = samples.full()
    lines = [line.rstrip() for line in full().partition("\n\n")[2].splitlines()]
    assert lines[:3] == [cause.text for cause in report.summary]
    assert lines[3:5] == [report.candidates[1].sentence, report.candidates[3].sentence]
    assert lines.count(report.candidates[0].sentence) == 1


def test_reasons_come_before_the_tables() -> None:
    """Why a candidate does what it does, strongest first, and what would decide an open verdict."""
    before = full().partition("candidate")[0]
    assert before.index("Why over hurts:") < before.index("width_shift_range = 0.5 alone")
    assert before.index("width_shift_range = 0.5 alone") < before.index("Its trials had not levelled off")
    assert "About 23 seeds would decide it" in before


def test_findings_and_the_recommendation_follow_the_tables() -> None:
    """What the linter says, what to use instead, and how that did."""
    text = full(160)
    assert "- warning shear-in-degrees: shear_range is in degrees" in text
    assert "Recommended: Keep the normalisation of targeted" in text
    assert "- horizontal_flip: true becomes false; it costs 6.1 points alone" in text
    assert "- against targeted: +0.7 [+0.1, +1.3] points" in text
    assert '"rotation_range": 10.0}' in text


@pytest.mark.parametrize("width", [80, 100])
def test_a_report_with_everything_fits_too(width: int) -> None:
    """Sentences are wrapped."""
    assert max(map(len, full(width).splitlines())) <= width


def test_a_training_has_a_table_of_its_arm_only() -> None:
    """There is nothing to compare."""
    text = rendered(samples.training().model_dump(mode="json", by_alias=True), 100)
    assert "93.0" in text
    assert "verdict " not in text
