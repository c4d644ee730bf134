"""What a comparison came to, as people look at it: in a notebook, on a terminal, as a page, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_schemas.reports.report import Report
from augury.files import write_atomically
from augury.proposing.proposals import Proposals

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Outcome:
    """A report, and the pictures that belong to it.

    Attributes:
        report: the whole of it, as a service would give it.
        proposals: why these candidates, where none were given.
    """

    report: Report
    _sheets: Mapping[str, bytes] = field(repr=False)
    """Contact sheets by candidate, as PNG."""
    proposals: Proposals | None = None

    @property
    def verdicts(self) -> dict[str, str]:
        """``helps``, ``hurts``, ``no_difference`` or ``inconclusive``, by candidate."""
        return {candidate.name: str(candidate.verdict.value) for candidate in self.report.candidates}

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs nothing but itself; where it is."""
        where = Path(path).expanduser()
        write_atomically(where, self.page())
        return where

    def page(self) -> str:
        """The same page."""
        from augury.reporting.html import render_html

        return render_html(self.report, self._sheets)

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
        from augury.comparing.notebook import html_of

        return html_of(self.report)

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
