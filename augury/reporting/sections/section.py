"""One part of a report beside verdicts and arms, told in sentences, pictures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from augury.reporting.plots.style import Picture
from augury.reporting.tables import Table


@dataclass(frozen=True)
class Section:
    """What a page, Markdown and a terminal show alike; a terminal and Markdown leave out the pictures."""

    anchor: str
    """The id of its heading, by which evidence is linked."""
    heading: str
    sentences: Sequence[str]
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
