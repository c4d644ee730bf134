"""One part of a report beside verdicts and arms, told in sentences, pictures and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from augury.reporting.plots.picture import Picture
from augury.reporting.tables import Table


@dataclass(frozen=True)
class Section:
    """What a page, Markdown and a terminal show alike; a terminal and Markdown leave out the pictures."""

    anchor: str
    """The id of its heading, by which evidence is linked."""
    heading: str
    sentences: Sequence[str]
    tables: Sequence[Table] = ()
    draw: Callable[[], Sequence[Picture]] = tuple
    """Draws its pictures."""

    @cached_property
    def pictures(self) -> Sequence[Picture]:
        """Its pictures, drawn when they are first looked at."""
        return self.draw()
