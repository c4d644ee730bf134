"""Candidates on other images: the same sentences and figures on a page, in Markdown and on a terminal."""

from __future__ import annotations

import io
import re
from functools import cache
from xml.etree import ElementTree

import pytest
from rich.console import Console

from api_schemas.plans import BASELINE
from api_schemas.reports.report import Report
from augury.cli.render.report import render
from augury.evidence.comparison_report import comparison_report
from augury.reporting.html import render_html
from augury.reporting.markdown import render_markdown
from augury.reporting.sections import conditions as section_module
from augury.reporting.sections import sections_of
from tests.augury.evidence.comparisons import CREATED_AT
from tests.augury.evidence.conditions.samples import judged
from tests.augury.reporting import samples

STEPS = [0.95, 0.9, 0.8, 0.7, 0.6]


@cache
def _report(candidates: int = 2) -> Report:
    names = [f"candidate-{number}" for number in range(candidates)]
    under = {"dimmed": STEPS, "noisy": 0.8, "ds_" + 32 * "e": 0.7}
    analysis = judged(
        {BASELINE: under, **{name: {**under, "dimmed": 0.95} for name in names}},
        {BASELINE: 0.96, **dict.fromkeys(names, 0.95)},
        conditions=["dimmed", {"name": "noisy", "strengths": [2]}, {"dataset": "ds_" + 32 * "e"}, "colour_cast"],
    )
    return comparison_report(analysis, CREATED_AT)


def _plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_report_without_conditions_has_no_section_of_them() -> None:
    """Nothing is said of what was not asked for."""
    assert [section.anchor for section in sections_of(samples.full())] == []


def test_page_markdown_and_terminal_say_the_same() -> None:
    """Each candidate's sentence, every condition's verdict, and what was left out."""
    report = _report()
    assert report.conditions is not None
    terminal = io.StringIO()
    Console(file=terminal, width=200, force_terminal=False).print(render(report, 200))
    page = _plain(render_html(report, {}))
    for text in (page, render_markdown(report).replace("\\", ""), " ".join(terminal.getvalue().split())):
        assert "On other images" in text
        for told in report.conditions.candidates:
            assert told.sentence in text
        assert "▲ helps" in text
        assert "colour_cast was left out: it needs images of 2 channels or more, and these have 1." in text


def test_the_sentences_that_matter_come_first() -> None:
    """What candidates do, and then how that was found."""
    (section,) = sections_of(_report())
    assert section.sentences[0].startswith("candidate-0 shows no difference on images like yours and gains")
    assert "3 conditions and 2 candidates" in section.sentences[2]


def test_pictures_are_two_for_each_candidate_and_name_what_they_show() -> None:
    """Differences by condition, and accuracies over strengths where there are several."""
    (section,) = sections_of(_report())
    assert len(section.pictures) == 4
    for picture in section.pictures:
        root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
        assert f"{root.findtext('title')}: {root.findtext('desc')}" == picture.alternative
    assert "dimmed images" in section.pictures[0].alternative
    assert "unchanged images" in section.pictures[0].alternative


def test_of_many_candidates_a_few_have_pictures_and_the_table_says_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page stays small."""
    monkeypatch.setattr(section_module, "MAX_ROWS", 10)
    (section,) = sections_of(_report(5))
    assert len(section.pictures) == 6
    assert len(section.tables[0].rows) == 10
    assert section.tables[0].note == "5 rows more: /conditions/candidates in the JSON report."


def test_models_that_could_not_be_judged_are_counted() -> None:
    """The reader knows what the figures rest on."""
    report = _report()
    assert report.conditions is not None
    failed = report.model_copy(update={"conditions": report.conditions.model_copy(update={"models_failed": 3})})
    assert "3 of 18 models could not be judged; the figures rest on the others." in sections_of(failed)[0].sentences


def test_a_comparison_where_nothing_could_be_judged_says_why() -> None:
    """Grey images under a colour cast alone: a sentence, and no table."""
    analysis = judged({}, {BASELINE: 0.9, "one": 0.9}, conditions=["colour_cast"])
    (section,) = sections_of(comparison_report(analysis, CREATED_AT))
    assert (list(section.tables), list(section.pictures)) == ([], [])
    assert any("colour_cast was left out" in sentence for sentence in section.sentences)


def test_the_summary_links_to_the_section() -> None:
    """Where the figures are."""
    page = render_html(_report(), {})
    assert 'href="#conditions"' in page
    assert 'id="conditions"' in page
