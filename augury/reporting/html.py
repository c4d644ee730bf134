"""A report as one HTML page that needs nothing but itself: no script, no request, no font from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from api_schemas.reports.report import Report
from augury.reporting import formatting, tables
from augury.reporting.contents import method_sentences
from augury.reporting.page import embedded, page_of
from augury.reporting.plots.stylesheet import stylesheet
from augury.wording import count, listed

CONTENT_SECURITY_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
MAX_JSON_LENGTH = 20_000
_MAX_LINES = 10
_TEMPLATES = Path(__file__).parent / "templates"


def render_html(report: Report, contact_sheets: Mapping[str, bytes]) -> str:
    """The page, by far below 3 MB.

    Args:
        report: with or without the optional parts.
        contact_sheets: by candidate, as PNG; what would make the page too large is left out, and that is said.
    """
    shown = _shown(report, embedded(contact_sheets))
    return _template("report.html.j2").render(shown, policy=CONTENT_SECURITY_POLICY, plot_styles=stylesheet())


def render_body(report: Report, contact_sheets: Mapping[str, str]) -> str:
    """The same without its head, from links to its sections to its provenance, to stand on a page of somebody else's.

    That page has its title, and in its style sheets `styles` and those of figures. It stands in an element of class
    ``report``.

    Args:
        report: with or without the optional parts.
        contact_sheets: by candidate, the addresses of those that there are.
    """
    return _template("whole_body.html.j2").render(_shown(report, contact_sheets))


def styles() -> str:
    """CSS for what `render_body` gives; its colours are the page's."""
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8")


def _shown(report: Report, contact_sheets: Mapping[str, str | None]) -> dict[str, Any]:
    facts = report.provenance.dataset
    return {
        "page": page_of(report, contact_sheets),
        "tables": tables,
        "words": formatting,
        "count": count,
        "badge_of": formatting.BADGES.get,
        "request": _cut(json.dumps(report.provenance.request, indent=2, ensure_ascii=False)),
        "dataset": dataset_lines(report),
        "method": method_sentences(report),
        "warnings": [formatting.plain(line, 300) for line in facts.warnings[:_MAX_LINES]],
    }


def dataset_lines(report: Report) -> list[tuple[str, str]]:
    """What the evidence was made from, named."""
    facts, provenance = report.provenance.dataset, report.provenance
    height, width, channels = facts.shape
    names = [formatting.plain(name, 24) for name in facts.classes]
    versions = [f"{formatting.plain(name)} {formatting.plain(number)}" for name, number in provenance.versions.items()]
    return [
        ("Dataset", formatting.dataset_name(report)),
        ("Digest", provenance.dataset_digest),
        (
            "Images",
            f"{facts.images}, {height} × {width} pixels, {count(channels, 'channel')}, {facts.dtype}",
        ),
        ("Pixel values", f"{facts.value_range[0]:g} to {facts.value_range[1]:g}"),
        ("Classes", f"{len(names)}: {listed(names, 12)}"),
        ("Augmentation by", provenance.engine),
        ("Versions", ", ".join(versions)),
        ("Job", report.job_id),
        ("Report schema", report.schema_version),
    ]


def _cut(text: str) -> str:
    return (
        text
        if len(text) <= MAX_JSON_LENGTH
        else f"{text[:MAX_JSON_LENGTH]}\n… cut here; the JSON report has all of it."
    )


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A macro's result is Markup, and made of what went through here.
        finalize=lambda shown: formatting.visible(shown) if type(shown) is str else shown,
    )
    return environment.get_template(name)
