"""Other budgets and shares of the images on a page, in Markdown and in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from api_schemas.reports.differences import Verdict
from api_schemas.reports.report import Report
from api_schemas.reports.responses import (
    BudgetPoint,
    BudgetResponse,
    CandidateBudgets,
    CandidateShares,
    DataPoint,
    DataResponse,
    ImagesNeeded,
)
from augury.cli.render.report import render
from augury.reporting.html import render_html
from augury.reporting.markdown import render_markdown
from augury.reporting.sections import responses
from tests.augury.reporting import samples


def _budgets(name: str = "targeted") -> BudgetResponse:
    points = [
        BudgetPoint(
            epochs=epochs, verdict=verdict, difference=None if mean is None else samples.difference(mean, 0.8),
            baseline_accuracy=0.9, candidate_accuracy=0.92, still_improving=epochs == 10,
            baseline_still_improving=False,
        )
        for epochs, verdict, mean in (
            (10, Verdict.HURTS, -2.0), (30, Verdict.HELPS, 2.2), (100, None, None),
        )
    ]  # fmt: skip
    candidate = CandidateBudgets(name=name, points=points, sentence=f"{name} hurts at 10 epochs and helps at 30.")
    return BudgetResponse(deciding_epochs=30, confidence=0.98, method="Together at 95%.", candidates=[candidate])


def _images() -> DataResponse:
    needed = (
        ImagesNeeded(images=190.0, low=160.0, high=230.0),
        ImagesNeeded(images=None, low=500.0, high=None),
        None,
    )
    points = [
        DataPoint(
            share=share, images=round(500 * share), verdict=Verdict.HELPS, difference=samples.difference(2.0, 1.0),
            baseline_accuracy=0.8 + share / 10, candidate_accuracy=0.82 + share / 10, equals_baseline_on=equal,
        )
        for share, equal in zip((0.25, 0.5, 1.0), needed, strict=True)
    ]  # fmt: skip
    candidate = CandidateShares(name="targeted", points=points, does_as_well_on=None, sentence="It is worth images.")
    return DataResponse(confidence=0.98, method="Together at 95%.", candidates=[candidate])


def _report(name: str = "targeted") -> Report:
    return samples.full().model_copy(update={"budget_response": _budgets(name), "data_response": _images()})


def _terminal(report: Report) -> str:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as shown:
        console.print(render(report, 200))
    return shown.get()


@pytest.mark.parametrize("form", [lambda report: render_html(report, {}), render_markdown, _terminal])
def test_every_form_of_a_report_tells_its_responses(form: object) -> None:
    """The sentence, what holds together, and the figures at each level."""
    assert callable(form)
    said = form(_report())
    for each in ("targeted hurts at 10 epochs and helps at 30.", "It is worth images.", "Together at 95%."):
        assert each in said
    for each in ("By training budget", "By number of images", "160, 230"):
        assert each in said


def test_a_report_without_responses_has_no_section_for_them() -> None:
    """Nothing is said of what was not asked for."""
    assert responses.over_budgets(samples.full()) is None
    assert responses.over_images(samples.full()) is None


def test_the_picture_over_budgets_has_a_name_with_its_figures() -> None:
    """What could not be measured is not in it."""
    section = responses.over_budgets(_report())
    assert section is not None
    picture = section.pictures[0]
    assert "targeted −2.0 [−2.8, −1.2] at 10 epochs, targeted +2.2 [+1.4, +3.0] at 30 epochs." in picture.alternative
    assert picture.svg.startswith("<svg")
    assert section.tables[0].rows[2][3] == "–"


def test_the_picture_over_images_has_both_learning_curves() -> None:
    """And the table says what lies beyond the measured sizes as an inequality."""
    section = responses.over_images(_report())
    assert section is not None
    assert "targeted 84.5% with 125 images, the baseline 82.5%" in section.pictures[0].alternative
    assert [row[6] for row in section.tables[0].rows] == ["190 [160, 230]", "> 500", "–"]


def test_hostile_names_in_responses_stay_text() -> None:
    """On the page and in Markdown."""
    report = _report(samples.HOSTILE)
    assert "<script>alert" not in render_html(report, {})
    assert "<script>" not in render_markdown(report)
