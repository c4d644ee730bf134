"""What a difference depends on: the training budget, and the number of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from api_schemas.reports.differences import Verdict
from api_schemas.reports.report import Report
from api_schemas.reports.responses import ImagesNeeded
from augury.reporting import formatting
from augury.reporting.plots import responses as plots
from augury.reporting.plots.picture import Picture
from augury.reporting.sections.section import Section
from augury.reporting.tables import Table


def training_length(report: Report) -> Section | None:
    """How the number of epochs was found; None where it was given."""
    found = report.automatic_epochs
    return None if found is None else Section("epochs", "For how long was trained", [found.sentence])


def over_budgets(report: Report) -> Section | None:
    """The difference over the training budget; None where other budgets were not trained."""
    response = report.budget_response
    if response is None:
        return None
    rows = [
        (
            formatting.plain(each.name),
            str(point.epochs),
            _badge(point.verdict),
            formatting.difference(point.difference),
            formatting.percent(point.baseline_accuracy),
            formatting.percent(point.candidate_accuracy),
            _improving(baseline=point.baseline_still_improving, candidate=point.still_improving),
        )
        for each in response.candidates
        for point in each.points
    ]
    table = Table(
        f"Difference to the baseline by training budget; the verdicts are at {response.deciding_epochs} epochs",
        (
            "Candidate",
            "Epochs",
            "At this budget",
            "Difference",
            "Baseline's accuracy",
            "Its accuracy",
            "Still improving",
        ),
        rows,
        frozenset({1, 3, 4, 5}),
    )
    sentences = [*(each.sentence for each in response.candidates), response.method]
    return Section("budgets", "By training budget", sentences, [table], partial(_drawn, plots.over_budgets, report))


def over_images(report: Report) -> Section | None:
    """Accuracy over the number of training images; None where shares of them were not trained on."""
    response = report.data_response
    if response is None:
        return None
    most = max(point.images for each in response.candidates for point in each.points)
    rows = [
        (
            formatting.plain(each.name),
            str(point.images),
            _badge(point.verdict),
            formatting.difference(point.difference),
            formatting.percent(point.baseline_accuracy),
            formatting.percent(point.candidate_accuracy),
            _needed(point.equals_baseline_on, most),
        )
        for each in response.candidates
        for point in each.points
    ]
    table = Table(
        "Difference to the baseline by number of training images",
        (
            "Candidate", "Images", "With so many", "Difference", "Baseline's accuracy", "Its accuracy",
            "As the baseline with",
        ),
        rows,
        frozenset({1, 3, 4, 5}),
    )  # fmt: skip
    sentences = [*(each.sentence for each in response.candidates), response.method]
    return Section("images", "By number of images", sentences, [table], partial(_drawn, plots.over_images, report))


def _drawn(plot: Callable[[Report], Picture | None], report: Report) -> Sequence[Picture]:
    picture = plot(report)
    return [] if picture is None else [picture]


def _badge(verdict: Verdict | None) -> str:
    if verdict is None:
        return formatting.UNKNOWN
    return f"{formatting.BADGES[verdict].sign} {formatting.BADGES[verdict].word}"


def _improving(*, baseline: bool, candidate: bool) -> str:
    return {(True, True): "both", (True, False): "baseline", (False, True): "candidate"}.get((baseline, candidate), "")


def _needed(needed: ImagesNeeded | None, most: int) -> str:
    """A number of images and its interval; what lies beyond the measured sizes as an inequality."""
    if needed is None:
        return formatting.UNKNOWN
    if needed.images is None:
        if needed.low is not None and needed.high is None:
            return f"> {needed.low:.0f}"
        if needed.high is not None and needed.low is None:
            return f"< {needed.high:.0f}"
        return formatting.UNKNOWN
    low = "fewer" if needed.low is None else f"{needed.low:.0f}"
    high = f"over {most}" if needed.high is None else f"{needed.high:.0f}"
    return f"{needed.images:.0f} [{low}, {high}]"
