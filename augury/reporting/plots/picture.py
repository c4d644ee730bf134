"""A figure, and the frame that makes one of what was drawn."""

from __future__ import annotations

from dataclasses import dataclass

from augury.reporting.plots.markup import Markup, element, words


@dataclass(frozen=True)
class Picture:
    """A figure for a page.

    Attributes:
        svg: one element, to stand in HTML: as wide as its place, of a fixed height, coloured by classes of
            ``augury.reporting.plots.stylesheet``.
        alternative: its numbers in words, for those who do not see it.
        caption: what is drawn how, for those who do.
    """

    svg: str
    alternative: str
    caption: str


def picture(title: str, said: str, caption: str, height: float, drawing: Markup) -> Picture:
    """A figure that is named.

    Args:
        title: what it shows, without a full stop.
        said: its numbers.
        caption: under it.
        height: in pixels.
        drawing: what is in it.
    """
    return Picture(frame(title, said, height, drawing), f"{title}: {said}", caption)


def frame(title: str, said: str, height: float, drawing: Markup, *, class_: str = "augury-plot") -> Markup:
    """The element: its name and description first, where readers look for them; nothing else of it is read out."""
    described = [element("title", words(title)), *([element("desc", words(said))] if said else [])]
    hidden = element("g", drawing, aria_hidden="true")
    return element("svg", *described, hidden, class_=class_, role="img", width="100%", height=height)
