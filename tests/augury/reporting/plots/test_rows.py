"""Rows of names, values and marks; words from outside in them."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from augury.reporting.plots import marks
from augury.reporting.plots.markup import element, label, words
from augury.reporting.plots.rows import Row, row_chart, short_name
from augury.reporting.plots.scales import Scale
from augury.reporting.plots.stylesheet import standalone

SCALE = Scale(-1, 1)


@given(st.text(max_size=80))
def test_any_name_is_text_and_nothing_else(name: str) -> None:
    """The chart stays XML in which the name is one label, shortened, and nothing of it is markup."""
    chart = row_chart([Row(name, "1", marks.disc(SCALE, 0), "plot-accent", name)], SCALE, name)
    root = ElementTree.fromstring(element("svg", chart.drawing))  # noqa: S314 - our own
    labels = [each.text or "" for each in root.iter("text") if each.attrib["class"] == "plot-name"]
    assert labels == [short_name(name)]
    assert {each.tag for each in root.iter()} <= {"svg", "g", "title", "rect", "text", "line", "circle"}


@given(st.text(max_size=80))
def test_what_words_make_is_read_as_what_was_written(text: str) -> None:
    """But for characters that XML or a reader of the page must not have."""
    read = ElementTree.fromstring(f"<p>{words(text)}</p>").text or ""  # noqa: S314 - our own
    assert len(read) == len(text)
    assert all(one in (other, "�") for one, other in zip(read, text, strict=True))


def test_a_name_is_as_long_as_there_is_room_for_it() -> None:
    """Letters of East Asian scripts take two columns."""
    assert short_name("a" * 28, 28) == "a" * 28
    assert short_name("a" * 29, 28) == "a" * 27 + "…"
    assert short_name("鳥" * 14, 28) == "鳥" * 14
    assert short_name("鳥" * 15, 28) == "鳥" * 13 + "…"


def test_a_figure_as_a_file_has_all_that_it_needs() -> None:
    """A namespace, a width in pixels, its rules and its colours; what it shows is unchanged."""
    inline = element("svg", label("here", 0, 9), class_="augury-plot", role="img", width="100%", height=20)
    root = ElementTree.fromstring(standalone(inline, 320))  # noqa: S314 - our own
    assert (root.tag, root.attrib["width"]) == ("{http://www.w3.org/2000/svg}svg", "320")
    style = root.findtext("{http://www.w3.org/2000/svg}style") or ""
    assert "--plot-ink: #" in style
    assert ".plot-name {" in style
    assert root.findtext("{http://www.w3.org/2000/svg}text") == "here"
