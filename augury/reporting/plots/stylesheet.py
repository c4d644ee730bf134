"""What colours figures: the rules of their classes, and the colours that these name.

A page has both in its stylesheet. Which of two colours holds follows ``color-scheme``, so that a page needs to set
nothing else to be light or dark.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from augury.reporting.plots.palette import LIGHT_PAPER, SERIES, properties

_WIDTH = 640
_NAMESPACE = "http://www.w3.org/2000/svg"


@cache
def stylesheet() -> str:
    """CSS for a page with figures: custom properties of the root, and the rules of figures."""
    declared = " ".join(f"--{name}: light-dark({one.light}, {one.dark});" for name, one in properties().items())
    on_paper = "@media print { :root { color-scheme: light; } }"
    return f":root {{ color-scheme: light dark; {declared} }}\n{on_paper}\n{rules()}"


@cache
def rules() -> str:
    """The rules alone, for where the custom properties come from elsewhere."""
    series = (
        f".plot-series-{number} {{ color: var(--plot-ink); --plot-own: var(--series-{number}); }}"
        for number in range(1, len(SERIES) + 1)
    )
    return (Path(__file__).with_name("plots.css")).read_text(encoding="utf-8") + "\n".join(series) + "\n"


def standalone(svg: str, width: int = _WIDTH) -> str:
    """A figure as a file of its own, on light paper: with a width, its colours and its rules in it.

    Args:
        svg: of a ``Picture``.
        width: in pixels.
    """
    declared = " ".join(f"--{name}: {one.light};" for name, one in properties().items())
    style = f"<style>:root {{ background: {LIGHT_PAPER}; --paper: {LIGHT_PAPER}; {declared} }}\n{rules()}</style>"
    head, rest = svg.split(">", 1)
    sized = head.replace('width="100%"', f'width="{width}"').replace("<svg", f'<svg xmlns="{_NAMESPACE}"')
    return f"{sized}>{style}{rest}"
