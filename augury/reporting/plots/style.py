"""From a matplotlib figure to inline SVG that follows the page: its colours are CSS variables, its text is text.

Figures are narrow, so that their labels are readable on a telephone, where a figure is as wide as the screen.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from augury.reporting.formatting import plain

WIDTH_INCHES = 4.6
FONT_POINTS = 9.0
RIGHT_INCHES = 0.55
_PANEL_INCHES = 1.75
_COLUMNS = 2
MAX_LABEL_LENGTH = 22

INK, MUTED, GRID = "#010101", "#020202", "#030303"
REFERENCE, ACCENT, MARK = "#040404", "#050505", "#060606"
HELPS, HURTS, EQUIVALENT, INCONCLUSIVE = "#070707", "#080808", "#090909", "#0a0a0a"
_VARIABLES = {
    INK: "--plot-ink",
    MUTED: "--plot-muted",
    GRID: "--plot-grid",
    REFERENCE: "--plot-reference",
    ACCENT: "--plot-accent",
    MARK: "--plot-mark",
    HELPS: "--helps",
    HURTS: "--hurts",
    EQUIVALENT: "--equivalent",
    INCONCLUSIVE: "--inconclusive",
}
"""Stand-ins that matplotlib draws with, and the page's variables that they become."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "augury",
    "text.parse_math": False,  # a class may be called "$x"
    "font.family": "DejaVu Sans",
    "font.size": FONT_POINTS,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": FONT_POINTS,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # else every drawing measures all labels of ticks, to see whether they are in the way
    "axes.labelsize": FONT_POINTS,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": FONT_POINTS,
    "lines.linewidth": 1.6,
}


@dataclass(frozen=True)
class Picture:
    """A figure for the page: inline SVG, what it says for those who do not see it, and its caption."""

    svg: str
    alternative: str
    caption: str


def draw(identifier: str, alternative: str, height_inches: float, paint: Callable[[Figure], None]) -> str:
    """Have *paint* draw on an empty figure; the SVG element, named *alternative*, whose ids begin with *identifier*.

    The same drawing gives the same text. matplotlib's settings are changed for the length of the call, so that
    two threads must not draw at once.
    """
    file = io.StringIO()
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Names may be in any script; the reader's fonts will have what the one that measures here has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH_INCHES, height_inches))
        paint(figure)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(file.getvalue(), identifier, alternative)


def panel(
    figure: Figure,
    height_inches: float,
    *,
    left: float,
    bottom: float = 0.45,
    top: float = 0.1,
    right: float = RIGHT_INCHES,
) -> Axes:
    """Axes that fill the figure but for margins, in inches."""
    width, height = WIDTH_INCHES, height_inches
    return figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    )


def label_inches(labels: list[str]) -> float:
    """The margin that row labels need."""
    longest = max((len(label) for label in labels), default=0)
    return 0.25 + 0.078 * min(longest, MAX_LABEL_LENGTH + 6)


def mark_interval(
    axes: Axes,
    row: int,
    mean: float,
    low: float | None,
    high: float | None,
    *,
    filled: bool = True,
    colour: str = ACCENT,
) -> None:
    """Mark a mean and the interval around it in one row."""
    if low is not None and high is not None:
        axes.plot([low, high], [row, row], color=colour)
    axes.scatter([mean], [row], s=30, zorder=3, facecolors=colour if filled else "none", edgecolors=colour)


def name_rows(axes: Axes, labels: Sequence[str], values: Sequence[str]) -> None:
    """Name the rows at their left, and say their values at their right."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=6)
    axes.grid(visible=False, axis="y")
    for row, value in enumerate(values):
        axes.text(1.03, row, value, transform=axes.get_yaxis_transform(), va="center", fontsize=8)


def short_name(name: str) -> str:
    """A name as a label has room for it."""
    return plain(name, MAX_LABEL_LENGTH)


def panels_height(panels: int) -> float:
    """The height of a figure of so many panels, in inches."""
    return _PANEL_INCHES * (-(-panels // _COLUMNS))


def panels(figure: Figure, number: int) -> list[Axes]:
    """Axes in rows of two, in reading order."""
    height = panels_height(number)
    width = (WIDTH_INCHES - 0.1) / _COLUMNS
    return [
        figure.add_axes(
            (
                (0.4 + width * (at % _COLUMNS)) / WIDTH_INCHES,
                1 - (_PANEL_INCHES * (at // _COLUMNS + 1) - 0.42) / height,
                (width - 0.5) / WIDTH_INCHES,
                (_PANEL_INCHES - 0.84) / height,
            )
        )
        for at in range(number)
    ]


def _inline(document: str, identifier: str, alternative: str) -> str:
    root = ElementTree.fromstring(document)  # noqa: S314 - matplotlib wrote it
    for parent in list(root.iter()):
        for child in list(parent):
            # matplotlib's style sheet would hold for the whole page.
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {
            name.rpartition("}")[2]: _own(name.rpartition("}")[2], value, identifier)
            for name, value in element.attrib.items()
        }
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": alternative}
    return re.sub(r">\s*\n\s*<", "><", ElementTree.tostring(root, encoding="unicode"))


def _own(name: str, value: str, identifier: str) -> str:
    """An attribute with the figure's own ids, the page's colours, and no more digits than can be seen."""
    if name == "id":
        return f"{identifier}-{value}"
    if name == "href":
        return value.replace("#", f"#{identifier}-", 1)
    if name == "clip-path":
        return value.replace("url(#", f"url(#{identifier}-")
    if name == "style":
        return re.sub(r"#[0-9a-f]{6}", lambda found: _colour(found.group()), value)
    return re.sub(r"(\d+\.\d\d)\d+", r"\1", value)


def _colour(stand_in: str) -> str:
    variable = _VARIABLES.get(stand_in)
    return f"var({variable})" if variable else stand_in
