"""The report in Markdown: the same facts, and names that stay text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.reporting.markdown import render_markdown
from augury.reporting.markup import escaped
from tests.augury.reporting import samples
from tests.augury.reporting.conftest import SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_every_table_has_as_many_cells_in_every_row(name: str) -> None:
    """Otherwise it would be shown as text, or cut."""
    tables = re.findall(r"(?:^\|.*\|\n)+", render_markdown(SAMPLES[name]()), re.MULTILINE)
    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_the_same_facts_as_on_the_page() -> None:
    """Verdicts, reasons, findings, the recommendation, the arms, the method and the provenance."""
    text = render_markdown(samples.full())
    for said in (
        "### over (▼ hurts)",
        "Its trials had not levelled off after 30 epochs.",
        "shear-in-degrees",
        "| rotation_range | 90 | 74.0% |",
        "6 taken for 9 | 0.0% | 17.0% |",
        "## Recommendation (▲ helps)",
        '"rotation_range": 10.0',
        "within 0.5 points",
        "ab" * 32,
    ):
        assert said in text


def test_what_is_missing_is_said_first() -> None:
    """Before the verdicts."""
    top = render_markdown(samples.troubled()).partition("## Verdicts")[0]
    assert "stopped early" in top
    assert "out_of_memory" in top


def test_hostile_names_stay_text() -> None:
    """No tag, no link, no heading, no end of a cell."""
    text = render_markdown(samples.hostile())
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(", text)


@given(st.text(max_size=60))
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    """Whatever the text, no character that GitHub takes for markup stands unescaped."""
    line = escaped(text)
    assert "\n" not in line
    bare = re.sub(r"\\[\\`*_\[\]|~$@:#+=.)-]|&(?:amp|lt|gt);", "", line)
    assert not re.search(r"[`*\[\]|~$@<>\\]|://", bare)
    assert not re.match(r"[-+](\s|$)|--|[=#]|\d+[.)](\s|$)", line)
