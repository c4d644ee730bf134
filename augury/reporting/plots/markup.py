"""SVG as text. Words become markup in one place, which escapes them; all else is numbers and names of our own.

No style attribute and no id is ever written: a strict Content-Security-Policy forbids the first, and the second would
have to be unlike all others on a page of which a figure knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NewType

from augury.reporting.formatting import visible

Markup = NewType("Markup", str)
"""Text that is SVG; what is only text becomes it by ``words``."""

EMPTY = Markup("")


def words(text: str) -> Markup:
    """*text* as it is read, whatever it consists of."""
    return Markup(escape(visible(text)))


def element(name: str, *children: Markup, **attributes: str | float | None) -> Markup:
    """An element with its children.

    Args:
        name: of the element.
        children: its content, in order.
        attributes: in order; None leaves one out. An underscore stands for a hyphen, and at the end for nothing, as
            ``class_`` cannot be had otherwise.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{value if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    content = "".join(children)
    return Markup(f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>")


def joined(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("".join(parts))


def number(value: float) -> str:
    """A coordinate, with no more digits than can be seen."""
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def percent(share: float) -> str:
    """A share of the width, by which figures are laid out: they are as wide as there is room, and their text is not."""
    return f"{number(100 * share)}%"


def label(
    text: str, across: str | float, down: float, *, class_: str = "plot-label", anchor: str | None = None
) -> Markup:
    """Text on a line.

    Args:
        text: as it is read.
        across: where it is anchored: a number of pixels or a percentage.
        down: the height of its baseline, in pixels.
        class_: by which it is styled.
        anchor: ``middle`` or ``end``; None for its start.
    """
    return element("text", words(text), class_=class_, x=across, y=down, text_anchor=anchor)
