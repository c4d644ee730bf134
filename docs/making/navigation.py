"""What the site's pages are called by, in which order, and under which headings."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[1]

NAVIGATION = {
    "Start": ("five-minutes", "three-augmentations"),
    "How to": (
        "one-line",
        "in-python",
        "drop-in",
        "check-pull-requests",
        "comparisons",
        "conditions",
        "datasets",
        "models",
        "augmentation-jobs",
        "linter",
        "previews",
        "exports",
        "reports",
        "pages",
        "events",
        "webhooks",
        "integrations",
        "clients",
    ),
    "How it decides": ("statistics", "why", "semantics"),
    "Operating it": ("deployment", "security", "quotas", "operating"),
    "Reference": (
        "reference/python",
        "reference/commands",
        "reference/http/index",
        "reference/settings",
        "errors",
        "glossary",
        "reference/changes",
    ),
    "Development": ("life-of-a-job", "decisions/README", "reference/contributing"),
}
"""By heading: pages of ``docs/``, without their endings. The build fails where a page is in none."""


def navigation(_: str) -> str:
    """The tables of contents that Sphinx makes the sidebar of."""
    return "\n".join(_contents(title, pages) for title, pages in NAVIGATION.items())


def decisions(_: str) -> str:
    """The decisions one below the other."""
    found = sorted(path.stem for path in (DOCS / "decisions").glob("0*.md"))
    return "```{toctree}\n:titlesonly:\n" + "\n".join(found) + "\n```\n"


def interface(_: str) -> str:
    """The pages about the HTTP interface, one a group of operations."""
    found = sorted(path.stem for path in (DOCS / "reference" / "http").glob("*.md") if path.stem not in _LAST)
    return "```{toctree}\n:titlesonly:\n" + "\n".join([*found, "bodies"]) + "\n```\n"


_LAST = frozenset({"index", "bodies"})


def _contents(title: str, pages: tuple[str, ...]) -> str:
    listed = "\n".join(pages)
    return f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n{listed}\n```\n"
