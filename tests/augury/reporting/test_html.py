"""The page that people read: complete, self-contained, safe, and of bounded size."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from augury.reporting.html import render_html
from augury.reporting.page import MAX_SHEET_BYTES
from tests.augury.reporting import samples
from tests.augury.reporting.conftest import SAMPLES
from tests.augury.reporting.html_reading import Reader, reader_of

Page = Callable[[str], str]
of_every_sample = pytest.mark.parametrize("name", SAMPLES)


@of_every_sample
def test_a_page_is_well_formed(name: str, page: Page) -> None:
    """Every element is closed where it belongs, every id is there once, and every link leads to one."""
    reader = reader_of(page(name))
    ids = [element.attributes["id"] for element in reader.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    fragments = {element.attributes["href"] for element in reader.all("a")}
    assert fragments <= {f"#{each}" for each in ids}


@of_every_sample
def test_a_page_needs_nothing_but_itself(name: str, page: Page) -> None:
    """No script, no frame, no form, no handler, and no address but data: and fragments."""
    text = page(name)
    reader = Reader(text)
    assert not reader.all("script", "iframe", "object", "embed", "form", "link", "base")
    for element in reader.elements:
        assert not any(attribute.startswith("on") or attribute == "style" for attribute in element.attributes)
        for attribute in ("src", "href", "xlink:href"):
            assert element.attributes.get(attribute, "#").startswith(("#", "data:image/png;base64,"))
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)", text))


def test_the_policy_comes_before_anything_that_it_could_stop(page: Page) -> None:
    """The page carries its own policy, for when it is opened from a file."""
    first, second, *_ = reader_of(page("full")).all("meta")
    assert first.attributes == {"charset": "utf-8"}
    assert second.attributes["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@of_every_sample
def test_headings_are_in_order(name: str, page: Page) -> None:
    """One h1, and no level is skipped on the way down."""
    levels = [int(element.tag[1]) for element in reader_of(page(name)).all("h1", "h2", "h3", "h4", "h5")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@of_every_sample
def test_pictures_and_tables_are_named(name: str, page: Page) -> None:
    """Pictures have a text alternative, tables a caption, cells their headings, scrolling regions a name and a stop."""
    reader = reader_of(page(name))
    assert all(element.attributes["alt"] for element in reader.all("img"))
    figures = [element for element in reader.all("svg") if "svg" not in element.ancestors]
    assert all(element.attributes["role"] == "img" for element in figures)
    titles = [element for element in reader.all("title") if element.ancestors[-2:] == ("figure", "svg")]
    assert len(titles) == len(figures)
    assert all(element.text for element in titles)
    assert len(reader.all("table")) == len(reader.all("caption"))
    assert all(element.attributes.get("scope") in ("row", "col") for element in reader.all("th"))
    for element in reader.elements:
        if "scroll" in element.attributes.get("class", "").split():
            assert (element.attributes["tabindex"], element.attributes["role"]) == ("0", "region")
            assert element.attributes["aria-label"]


def test_the_sections_come_in_the_order_of_what_matters(page: Page) -> None:
    """Verdicts first, what made them last."""
    headings = [element.text.split()[0] for element in reader_of(page("full")).all("h2")]
    assert headings == [
        "Verdicts", "Candidates", "Recommendation", "Evidence", "Arms", "Method", "Cost", "Provenance"
    ]  # fmt: skip


def test_verdicts_are_words_beside_their_colour(page: Page) -> None:
    """Every badge says its verdict, with a sign of its own."""
    badges = {" ".join(each.text.split()) for each in reader_of(page("full")).all("span") if "badge" in str(each)}
    assert badges == {"▲ helps", "▼ hurts", "= equivalent", "? inconclusive"}


def test_a_cause_links_to_its_figures(page: Page) -> None:
    """The JSON pointers of its evidence become links to the sections that show it."""
    links = [element.attributes["href"] for element in reader_of(page("full")).all("a") if "li" in element.ancestors]
    assert {"#candidate-1-parameters", "#candidate-1-confusions", "#arms", "#candidate-3"} <= set(links)


def test_what_the_report_knows_is_on_the_page(page: Page) -> None:
    """Figures, findings, the recommendation with its changes and its spec, looks, cost and provenance."""
    text = re.sub(r"\s+", " ", reader_of(page("full")).elements[0].text)
    for said in (
        "−78.2 points, 98.33% interval [−81.0, −75.4], 5 seeds",
        "About 23 seeds would decide it",
        "shear-in-degrees",
        "samplewise normalisation cancels it",
        '"rotation_range": 10.0',
        "When the evidence was looked at",
        "Reused from earlier jobs",
        "ab" * 32,
        "keras 3.15.0",
        "digits (builtin)",
    ):
        assert said in text


def test_what_is_missing_is_said_at_the_top(page: Page) -> None:
    """A job that was stopped or had failures says so before its verdicts, with the reasons."""
    text = reader_of(page("troubled")).elements[0].text
    top = text[: text.rindex("Differences in validation accuracy")]
    for said in ("stopped early", "2 trials of 30 gave no result", "The trial needs more memory. (out_of_memory)"):
        assert said in top
    assert "stopped early" not in reader_of(page("full")).elements[0].text


def test_names_are_text_and_nothing_else(page: Page) -> None:
    """Markup, control and direction characters in the names of classes, candidates and paths do nothing."""
    text = page("hostile")
    assert "<script" not in text
    assert "javascript:" not in text
    assert not {"\u202e", "\x07"} & set(text)
    assert "&lt;script&gt;alert(" in text
    reader = Reader(text)
    headings = [element.text for element in reader.all("h3")]
    assert any("<script>alert(" in heading for heading in headings)


def test_two_hundred_classes_and_twenty_candidates_stay_a_page(page: Page) -> None:
    """The page says what it left out and where that is; candidates are folded up; a megabyte is enough."""
    text = page("crowded")
    assert len(text.encode()) < 1_000_000
    assert "180 more classes in the JSON report at /candidates/0/why/classes." in text
    assert "The last 14 candidates have tables only" in text
    reader = Reader(text)
    folded = [element for element in reader.all("details") if element.attributes.get("class") == "candidate"]
    assert len(folded) == 40
    assert len([each for each in reader.all("svg") if "svg" not in each.ancestors]) == 3 + 6 * 3


def test_a_page_opens_with_a_picture_and_two_lines_a_reason(page: Page) -> None:
    """The forest plot stands before all prose; what a reason says beyond two lines is folded, and nothing is lost."""
    long = samples.full()
    told = long.summary[0].model_copy(update={"text": "One thing is so. " + "Another thing is so, too. " * 20})
    text = render_html(long.model_copy(update={"summary": [told, *long.summary[1:]]}), {})
    assert text.index("<svg") < text.index("One thing is so.") < text.index('class="candidate"')
    first = next(element for element in Reader(text).all("li") if "One thing is so." in element.text)
    lead = " ".join(first.text.split("More")[0].split())
    assert len(lead) < 240  # with its badge and its link
    assert first.text.count("Another thing is so, too.") == 20
    assert all(element.attributes.get("open") is None for element in Reader(text).all("details"))


def test_contact_sheets_are_left_out_rather_than_make_the_page_too_large() -> None:
    """What fits is shown; what does not is said."""
    report = samples.full()
    large = samples.png() + bytes(MAX_SHEET_BYTES - 100_000)
    sheets = {"over": large, "appropriate": large, "targeted": samples.png()}
    reader = Reader(render_html(report, sheets))
    assert len(reader.all("img")) == 2
    assert [element.text for element in reader.all("p")].count(
        "Its contact sheet is left out to keep this page small; a preview of its spec shows the same."
    ) == 1


def test_a_page_is_the_same_each_time() -> None:
    """No time, no random ids: two renderings are equal to the byte."""
    report = samples.full()
    assert render_html(report, {}) == render_html(report, {})
