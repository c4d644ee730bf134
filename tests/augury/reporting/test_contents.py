"""What every form of a report says: the page, Markdown, and the terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console

from api_schemas.reports.report import Report
from augury.cli.render.forest import forest
from augury.cli.render.report import render
from augury.reporting.contents import lead_and_rest
from augury.reporting.html import render_html
from augury.reporting.markdown import render_markdown
from tests.augury.reporting import samples
from tests.augury.reporting.html_reading import Reader


def _page(report: Report) -> str:
    return Reader(render_html(report, {})).elements[0].text


def _markdown(report: Report) -> str:
    return render_markdown(report).replace("\\", "")


def _terminal(report: Report) -> str:
    printed = io.StringIO()
    Console(file=printed, width=100).print(render(report, 100))
    return printed.getvalue()


FORMS = pytest.mark.parametrize("form", [_page, _markdown, _terminal], ids=["page", "markdown", "terminal"])
Form = Callable[[Report], str]


def _said(form: Form, report: Report) -> str:
    return re.sub(r"\s+", " ", form(report))


def _changed(**parts: dict[str, object]) -> Report:
    body = samples.full().model_dump(mode="json", by_alias=True)
    for name, changes in parts.items():
        body[name] |= changes
    return Report.model_validate(body)


@FORMS
def test_the_rule_that_scaled_the_baseline_is_said(form: Form) -> None:
    """With its numbers, as a baseline that is scaled wrongly makes every verdict a verdict about that."""
    rule = "the dataset's values lie from 0 to 4090: full scale is 4095, so rescale is 1/4095"
    assert f"Scale of the baseline: {rule}." in _said(form, _changed(method={"baseline_rule": rule}))
    assert "Scale of the baseline" not in _said(form, _changed(method={"baseline_rule": None}))


@FORMS
def test_how_long_every_arm_was_trained_is_said(form: Form) -> None:
    """In steps, too, as a verdict is one about so much training."""
    rule = "150 epochs: 8 steps each (240 images, 32 at a time), 1,200 steps in all; as the request says"
    assert f"How long every arm was trained: {rule}." in _said(form, _changed(method={"epochs_rule": rule}))
    assert "How long every arm was trained" not in _said(form, _changed(method={"epochs_rule": None}))


@FORMS
def test_what_computed_the_trials_is_said_where_it_is_not_the_usual(form: Form) -> None:
    """As the same seeds begin with other weights there."""
    assert "What computed every trial: JAX." in _said(form, _changed(method={"backend": "jax"}))
    assert "What computed every trial" not in _said(form, _changed())


@FORMS
def test_intervals_confidence_and_margin_are_said(form: Form) -> None:
    """And how many images there were."""
    said = _said(form, samples.full())
    assert "Confidence 95%. Differences within 0.5 points count as none." in said
    assert "trained on 500 images and was measured on 360 others" in said


@FORMS
def test_warnings_of_the_dataset_are_said(form: Form) -> None:
    """Each of them, up to ten."""
    dataset = samples.full().provenance.dataset.model_dump(mode="json")
    few = _changed(provenance={"dataset": dataset | {"warnings": ["the rarest class has 4 images"]}})
    assert "Dataset: the rarest class has 4 images" in _said(form, few)
    many = _changed(provenance={"dataset": dataset | {"warnings": [f"number {n} is odd" for n in range(13)]}})
    assert "number 9 is odd" in _said(form, many)
    assert "3 more warnings in the JSON report" in _said(form, many)


@FORMS
@pytest.mark.parametrize(
    ("probes", "failed", "words"),
    [(4, 1, "1 of 5 probes of the baseline's models failed; affinity, shares and safe values rest on the others"),
     (0, 1, "1 of 1 probe of the baseline's models failed; affinity, shares and safe values could not be measured")],
)  # fmt: skip
def test_probes_that_failed_are_counted(form: Form, probes: int, failed: int, words: str) -> None:
    """And what is missing for it."""
    assert words in _said(form, _changed(cost={"probes": probes, "probes_failed": failed}))
    assert "failed; affinity" not in _said(form, _changed(cost={"probes": probes, "probes_failed": 0}))


@FORMS
@pytest.mark.parametrize("images", ["held_out", "test", None])
def test_an_accuracy_on_other_images_is_said_to_be_one(form: Form, images: str | None) -> None:
    """The recommended arm may be judged on images that were kept from the search."""
    words = "recommended was judged on other images than the other arms: compare it by its differences"
    assert (words in _said(form, _changed(recommendation={"validated_on": images}))) == (images is not None)


@pytest.mark.parametrize(
    ("text", "lead", "rest"),
    [
        ("One. Two.", "One. Two.", ""),
        ("a" * 300 + ". Then more.", "a" * 300 + ".", "Then more."),
        ("Gains 1.5 points of 3. Then" + " more" * 50, "Gains 1.5 points of 3.", "Then" + " more" * 50),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_text_is_cut_between_sentences(text: str, lead: str, rest: str) -> None:
    """After as many as two lines hold, but never inside of one, nor at the point of a number."""
    assert lead_and_rest(text) == (lead, rest)


def test_the_terminal_draws_differences_on_one_axis() -> None:
    """A line for each candidate, whose mean stands where it belongs between the ends of the axis."""
    report = samples.full()
    lines = _terminal(report).splitlines()
    drawn = {line.split()[0]: line for line in lines if "\u25cf" in line}
    assert set(drawn) == {candidate.name for candidate in report.candidates}
    marks = {name: line.index("\u25cf") for name, line in drawn.items()}
    means = {each.name: each.difference.mean for each in report.candidates if each.difference}
    ranked = sorted(means, key=lambda name: means[name])
    assert [marks[name] for name in ranked] == sorted(marks.values())
    assert drawn["over"].endswith("-78.2 hurts")


def test_no_line_of_the_drawing_is_wider_than_the_terminal() -> None:
    """On 80 columns, with names of any length and of wide characters."""
    report = samples.hostile()
    assert all(cell_len(str(line)) <= 80 for line in forest(report, 80))
