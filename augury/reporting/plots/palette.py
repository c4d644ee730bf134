"""What colours mean in figures and badges, the same everywhere, on light paper and on dark."""

from __future__ import annotations

from typing import NamedTuple

from api_schemas.reports.differences import Verdict


class Colour(NamedTuple):
    """On light paper, and on dark."""

    light: str
    dark: str


LIGHT_PAPER, DARK_PAPER = "#ffffff", "#14171b"

VERDICTS = {
    Verdict.HELPS: Colour("#0b5a2b", "#9be7b4"),
    Verdict.HURTS: Colour("#8c1d18", "#ffb3ad"),
    Verdict.EQUIVALENT: Colour("#1b4a8a", "#a9cdff"),
    Verdict.INCONCLUSIVE: Colour("#6b4a00", "#f2d58a"),
}
"""Of marks and words that say a verdict."""

VERDICT_MARKS = {
    Verdict.HELPS: Colour("#16843f", "#5fd38a"),
    Verdict.HURTS: Colour("#c5302a", "#ff8078"),
    Verdict.EQUIVALENT: Colour("#2f6fc4", "#7fb2ff"),
    Verdict.INCONCLUSIVE: Colour("#a87700", "#e3b341"),
}
"""Of their intervals, which are larger than letters and may be brighter."""

SERIES = (
    Colour("#6a4fd0", "#b5a3ff"),
    Colour("#007f8a", "#4fd0d8"),
    Colour("#b3308f", "#f08fd4"),
    Colour("#95591e", "#e0a46a"),
    Colour("#6a7600", "#c3cf5a"),
    Colour("#1f7fb5", "#7cc4f0"),
    Colour("#c2477a", "#ff9dbf"),
    Colour("#75665a", "#c9b8a6"),
)
"""Of candidates, by their place in the request; none of them is a verdict's."""

ROLES = {
    "plot-ink": Colour("#1b1f24", "#e7eaee"),
    "plot-quiet": Colour("#555e69", "#a9b2bd"),
    "plot-line": Colour("#7a828d", "#8b95a1"),
    "plot-grid": Colour("#e3e7ec", "#2d333b"),
    "plot-none": Colour("#e9edf2", "#2b323b"),
    "plot-reference": Colour("#6b7480", "#a9b2bd"),
    "plot-accent": Colour("#0b62b8", "#6db3ff"),
    "plot-mark": Colour("#b3470b", "#ff9b5c"),
}
"""Text; quieter text; lines to read by; the grid; the band that counts as none; the baseline; what stands alone; a
value that is pointed out."""


def properties() -> dict[str, Colour]:
    """Every colour by the name of its custom property, without the two hyphens."""
    return {
        **ROLES,
        **{str(verdict): colour for verdict, colour in VERDICTS.items()},
        **{f"{verdict}-mark": colour for verdict, colour in VERDICT_MARKS.items()},
        **{f"series-{number}": colour for number, colour in enumerate(SERIES, 1)},
    }


def series_class(number: int | None) -> str:
    """The class of what belongs to the candidate with that *number*, from 1; None: to none of several."""
    return "plot-accent" if number is None else f"plot-series-{(number - 1) % len(SERIES) + 1}"


def verdict_class(verdict: Verdict) -> str:
    """The class of what says this verdict."""
    return f"plot-{verdict}"
