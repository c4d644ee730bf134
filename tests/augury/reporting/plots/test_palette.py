"""Colours can be told from their paper, and mean one thing."""

from __future__ import annotations

import pytest

from augury.reporting.plots.palette import DARK_PAPER, LIGHT_PAPER, ROLES, SERIES, VERDICTS, properties, series_class

MIN_TEXT_CONTRAST, MIN_MARK_CONTRAST = 4.5, 3.0
TEXT = {"plot-ink", "plot-quiet", *VERDICTS}
FAINT = {"plot-grid", "plot-none"}
"""Lines and areas that repeat what the numbers beside an axis say."""


def light(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", sorted(set(properties()) - FAINT))
def test_a_colour_can_be_told_from_its_paper(name: str) -> None:
    """Text by 4.5 to 1 and marks by 3 to 1, on light paper and on dark."""
    colour, least = properties()[name], MIN_TEXT_CONTRAST if name in TEXT else MIN_MARK_CONTRAST
    assert contrast(colour.light, LIGHT_PAPER) >= least
    assert contrast(colour.dark, DARK_PAPER) >= least


def test_no_colour_means_two_things() -> None:
    """No candidate looks like another, like a verdict or like the baseline."""
    for scheme in ("light", "dark"):
        colours = [getattr(colour, scheme) for name, colour in properties().items() if name not in {"plot-ink", *FAINT}]
        roles = [getattr(ROLES[name], scheme) for name in ("plot-quiet", "plot-reference", "plot-line")]
        told_apart = [each for each in colours if each not in roles]
        assert len(told_apart) == len(set(told_apart))


def test_a_ninth_candidate_has_the_first_ones_colour_again() -> None:
    """There are eight that can be told apart."""
    assert series_class(len(SERIES) + 1) == series_class(1) == "plot-series-1"
    assert series_class(None) == "plot-accent"
