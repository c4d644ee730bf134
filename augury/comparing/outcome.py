"""What a comparison came to, as people look at it: in a notebook, on a terminal, as a page, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_schemas.reports.report import Report
from augury.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd


_COLOURS = {
    "--paper": "transparent",
    "--plot-ink": "currentColor",
    "--plot-quiet": "currentColor",
    "--plot-line": "#7a828d",
    "--plot-grid": "#8884",
    "--plot-none": "#8884",
    **dict.fromkeys(("--helps", "--helps-mark"), "#1e8e3e"),
    **dict.fromkeys(("--hurts", "--hurts-mark"), "#d93025"),
    **dict.fromkeys(("--equivalent", "--equivalent-mark"), "#1a73e8"),
    **dict.fromkeys(("--inconclusive", "--inconclusive-mark"), "#b06000"),
}
"""Of the forest plot in a notebook, whose paper is light or dark and does not say which: readable on both."""


@dataclass(frozen=True)
class Outcome:
    """A report, and the pictures that belong to it.

    Attributes:
        report: the whole of it, as a service would give it.
    """

    report: Report
    _sheets: Mapping[str, bytes] = field(repr=False)
    """Contact sheets by candidate, as PNG."""

    @property
    def verdicts(self) -> dict[str, str]:
        """``helps``, ``hurts``, ``no_difference`` or ``inconclusive``, by candidate."""
        return {candidate.name: str(candidate.verdict.value) for candidate in self.report.candidates}

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs nothing but itself; where it is."""
        from augury.reporting.html import render_html

        where = Path(path).expanduser()
        write_atomically(where, render_html(self.report, self._sheets))
        return where

    def to_markdown(self) -> str:
        """The report as Markdown."""
        from augury.reporting.markdown import render_markdown

        return render_markdown(self.report)

    def to_pandas(self) -> pd.DataFrame:
        """A row a candidate: verdict, difference to the baseline and its simultaneous interval, in fractions.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame.from_records(self._rows(), index="candidate")

    def __str__(self) -> str:
        """The verdicts, a sentence each."""
        return "\n".join(line.text for line in self.report.summary)

    def _repr_html_(self) -> str:
        """The summary and the forest plot, for a notebook. Nothing that came from data is anything but text in it."""
        from augury.reporting.plots.forest import forest
        from augury.reporting.plots.stylesheet import rules

        picture = forest(self.report)
        drawn = "" if picture is None else f"<style>{rules()}</style>{picture.svg}"
        lines = "".join(f"<li>{escape(line.text)}</li>" for line in self.report.summary)
        colours = "; ".join(f"{name}: {value}" for name, value in _COLOURS.items())
        return f'<div style="{colours}; max-width: 46rem">{drawn}<ul>{lines}</ul></div>'

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        for candidate in self.report.candidates:
            difference = candidate.difference
            rows.append(
                {
                    "candidate": candidate.name,
                    "verdict": str(candidate.verdict.value),
                    "difference": None if difference is None else difference.mean,
                    "low": None if difference is None else difference.low,
                    "high": None if difference is None else difference.high,
                    "seeds": None if difference is None else difference.seeds,
                }
            )
        return rows
