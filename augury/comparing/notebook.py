"""What a notebook shows of an outcome: the forest plot and the summary, in the notebook's own light or dark."""

from __future__ import annotations

from functools import cache
from html import escape

from api_schemas.reports.report import Report

_SCOPE = ".augury-outcome"
_IS_LIGHT = ('[data-jp-theme-light="true"]', "body.vscode-light", 'html[theme="light"]', "body.notebook_app")
_IS_DARK = ('[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]')
"""How JupyterLab, Visual Studio Code, Colab and the classic notebook say which they are; all else is as the system."""
_LAYOUT = """
color: var(--plot-ink); max-width: 46rem; line-height: 1.45;
figure { margin: 0 0 .75rem; }
figcaption { color: var(--plot-quiet); font-size: .9em; }
ul { margin: 0; padding-left: 1.2em; }
li { margin: .3em 0; }
"""


def html_of(report: Report) -> str:
    """A fragment of HTML that needs nothing else, runs nothing, and whose style holds for nothing but itself.

    Whatever comes from the data, such as the name of a class, is text in it.
    """
    from augury.reporting.plots.forest import forest

    picture = forest(report)
    drawn = ""
    if picture is not None:
        drawn = f"<figure>{picture.svg}<figcaption>{escape(picture.caption)}</figcaption></figure>"
    lines = "".join(f"<li>{escape(line.text)}</li>" for line in report.summary)
    return f'<div class="{_SCOPE[1:]}"><style>{_style()}</style>{drawn}<ul>{lines}</ul></div>'


@cache
def _style() -> str:
    """The figures' own rules and colours, below the one element that they are for."""
    from augury.reporting.plots.palette import properties
    from augury.reporting.plots.stylesheet import rules

    colours = " ".join(f"--{name}: light-dark({one.light}, {one.dark});" for name, one in properties().items())
    return "\n".join(
        [
            f"{_SCOPE} {{ color-scheme: light dark; --paper: Canvas; {colours} {_LAYOUT} {rules()} }}",
            f"{', '.join(f'{theme} {_SCOPE}' for theme in _IS_LIGHT)} {{ color-scheme: light; }}",
            f"{', '.join(f'{theme} {_SCOPE}' for theme in _IS_DARK)} {{ color-scheme: dark; }}",
        ]
    )
