"""Text and tables in GitHub-flavoured Markdown, in which whatever came from outside stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from augury.reporting import formatting
from augury.reporting.tables import Table

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "://": "\\://"}
_MARKUP = r"[\\`*\[\]|~$@&<>]|://|(?<![^\W_])_|_(?![^\W_])"
"""Underscores inside of words are text to GitHub, and names of parameters stay readable."""

_LINE_START = r"^(\d+(?=[.)](?:\s|$))|(?=[-+](?:\s|$)|--|[=#]))"
"""Of the beginnings of lists, headings and rules."""


def escaped(text: str) -> str:
    """*text* on one line, where it cannot become markup, a link, a cell's end or HTML."""
    one_line = " ".join(formatting.plain(text, formatting.MAX_SENTENCE_LENGTH).split())
    inline = re.sub(_MARKUP, lambda found: _ENTITIES.get(found.group(), f"\\{found.group()}"), one_line)
    return re.sub(_LINE_START, r"\1\\", inline)


def table_blocks(table: Table) -> Iterator[str]:
    """The caption, the table and its note; nothing for a table without rows."""
    if not table.rows:
        return
    yield f"**{escaped(table.caption)}**"
    rule = ["---:" if at in table.numeric else "---" for at in range(len(table.headings))]
    yield "\n".join(_row(cells) for cells in (list(map(escaped, table.headings)), rule, *map(_cells, table.rows)))
    if table.note:
        yield escaped(table.note)


def _cells(row: Sequence[str]) -> list[str]:
    return [escaped(cell) for cell in row]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
