"""Pieces of Markdown, for pages that are made of something else than text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, one line a row; nothing where there are no rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(heads), "|" + "---|" * len(heads), *lines, "", ""]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def plain(text: str | None) -> str:
    """A sentence of the code as it is to be read: what looks like HTML is none."""
    return (text or "").replace("``", "`").replace("<", "&lt;").strip()


def code(text: object) -> str:
    """A name or a value."""
    return f"`{text}`"
