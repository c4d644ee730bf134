"""One difference in a line of a list."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.reports.differences import Verdict
from augury.reporting.plots.strip import forest_strip

NUMBERS = st.floats(-200, 200, width=32)


def strip(low: float, estimate: float, high: float, verdict: Verdict = Verdict.HELPS) -> str:
    """On an axis from -10 to 10."""
    return forest_strip(estimate, low, high, verdict, axis_low=-10, axis_high=10, practical_effect=0.5)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS).map(sorted), st.sampled_from(Verdict))
def test_a_strip_is_named_and_stays_in_its_place(ends: list[float], verdict: Verdict) -> None:
    """Whatever the numbers are: XML with a title and no other text, nothing left of 0% or right of 100%."""
    svg = strip(*ends, verdict)
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    assert "".join(root.itertext()) == root.findtext("title")
    assert all(0 <= float(each) <= 100 for each in re.findall(r'"(-?[0-9.]+)%"', svg))


def test_a_strip_says_its_verdict_without_colour() -> None:
    """In its title, and by a shape of its own."""
    shapes = {verdict: re.findall(r'"plot-filled" d="([^"]+)"', strip(1, 2, 3, verdict)) for verdict in Verdict}
    assert len({tuple(each) for each in shapes.values()}) == 4
    assert "<title>hurts, +2.0 [+1.0, +3.0]</title>" in strip(1, 2, 3, Verdict.HURTS)


@pytest.mark.parametrize(
    ("ends", "arrows", "caps", "marks"),
    [((1, 2, 3), 0, 2, 1), ((-50, 2, 3), 1, 1, 1), ((-50, 2, 50), 2, 0, 1), ((20, 30, 40), 1, 0, 0)],
)
def test_what_goes_on_beyond_the_axis_ends_in_an_arrow(
    ends: tuple[float, float, float], arrows: int, caps: int, marks: int
) -> None:
    """An estimate beyond it is not drawn at the edge, where it would be read as a value."""
    svg = strip(*ends)
    assert svg.count('y1="-4"') == caps
    assert len(re.findall(r'd="M-?3 0', svg)) == arrows
    assert svg.count("M0-5.5L5.5 4.5H-5.5Z") == marks


def test_strips_of_one_axis_stand_under_each_other() -> None:
    """The same value lies at the same share of the width, and an axis always has zero on it."""
    assert 'x="60%"' in strip(1, 2, 3)
    assert 'x="60%"' in strip(-9, 2, 9)
    above = forest_strip(6, 5, 7, Verdict.HELPS, axis_low=4, axis_high=10, practical_effect=0)
    assert 'class="plot-zero" x1="0%"' in above
    nothing = forest_strip(0, 0, 0, Verdict.EQUIVALENT, axis_low=0, axis_high=0, practical_effect=0)
    assert 'class="plot-zero" x1="50%"' in nothing
