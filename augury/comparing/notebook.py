"""What a notebook shows of an outcome: the summary and the forest plot, in the notebook's own light or dark."""

from __future__ import annotations

import hashlib
import re
from html import escape

from api_schemas.reports.report import Report

_SCOPE = "augury-outcome"
_LIGHT = {
    **{"--plot-ink": "#1b1f24", "--plot-muted": "#66707c", "--plot-grid": "#e3e7ec", "--plot-reference": "#6b7480"},
    **{"--plot-accent": "#0b62b8", "--plot-mark": "#b3470b", "--helps": "#0b5a2b", "--hurts": "#8c1d18"},
    **{"--equivalent": "#1b4a8a", "--inconclusive": "#6b4a00"},
}
_DARK = {
    **{"--plot-ink": "#e7eaee", "--plot-muted": "#9aa4b0", "--plot-grid": "#3a424c", "--plot-reference": "#a9b2bd"},
    **{"--plot-accent": "#6db3ff", "--plot-mark": "#ff9b5c", "--helps": "#9be7b4", "--hurts": "#ffb3ad"},
    **{"--equivalent": "#a9cdff", "--inconclusive": "#f2d58a"},
}
"""The colours of a report's page, which its figures name."""
_IS_LIGHT = ('[data-jp-theme-light="true"]', "body.vscode-light", 'html[theme="light"]')
_IS_DARK = ('[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]')
"""How JupyterLab, Visual Studio Code and Colab say which they are; whoever says nothing follows the system."""
_REFERS = re.compile(r'(\bid="|href="#|url\(#)')


def html_of(report: Report) -> str:
    """A fragment of HTML that needs nothing else, runs nothing, and whose style holds for nothing but itself.

    Whatever comes from the data, such as the name of a class, is text in it.
    """
    from augury.reporting.plots.forest import forest

    picture = forest(report)
    drawn = ""
    if picture is not None:
        figure = with_ids_of_its_own(picture.svg)
        drawn = f"<figure>{figure}<figcaption>{escape(picture.caption)}</figcaption></figure>"
    lines = "".join(f"<li>{escape(line.text)}</li>" for line in report.summary)
    return f'<div class="{_SCOPE}"><style>{_style()}</style>{drawn}<ul>{lines}</ul></div>'


def with_ids_of_its_own(svg: str) -> str:
    """The figure with ids that no other figure in the same notebook has, unless it is the same one."""
    own = hashlib.sha256(svg.encode()).hexdigest()[:12]
    return _REFERS.sub(lambda found: f"{found.group()}a{own}-", svg)


def _style() -> str:
    inside = {
        "": "color: var(--plot-ink); max-width: 46rem; line-height: 1.45",
        " figure": "margin: 0 0 .5rem",
        " svg": "width: 100%; height: auto; max-width: 40rem",
        " figcaption": "color: var(--plot-muted); font-size: .9em",
        " ul": "margin: 0; padding-left: 1.2em",
        " li": "margin: .3em 0",
    }
    return " ".join(
        [
            _rule([f".{_SCOPE}"], _LIGHT),
            f"@media (prefers-color-scheme: dark) {{ {_rule([f'.{_SCOPE}'], _DARK)} }}",
            _rule([f"{theme} .{_SCOPE}" for theme in _IS_LIGHT], _LIGHT),
            _rule([f"{theme} .{_SCOPE}" for theme in _IS_DARK], _DARK),
            *(f".{_SCOPE}{part} {{ {rules} }}" for part, rules in inside.items()),
        ]
    )


def _rule(selectors: list[str], variables: dict[str, str]) -> str:
    return f"{', '.join(selectors)} {{ {'; '.join(f'{name}: {value}' for name, value in variables.items())} }}"
