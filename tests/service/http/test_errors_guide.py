"""The guide to errors says what the tables of problem types and of failure classes say.

Run as a program, this writes the tables of the guide: ``python -m tests.service.http.test_errors_guide``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from api_schemas.failures import RETRYABLE
from service.http.failure_classes import FAILURE_CLASSES
from service.http.problem_types import PROBLEM_TYPES

GUIDE = Path(__file__).parents[3] / "docs" / "errors.md"


def problem_table() -> str:
    """The problem types as a Markdown table, by status."""
    head = ("type", "status", "it means", "what to do", "can sending it again help?")
    return _table(
        head,
        ((f"`{row.urn}`", str(row.status), row.meaning, row.remedy, _said(row.retryable)) for row in PROBLEM_TYPES),
    )


def failure_table() -> str:
    """The classes of failures as a Markdown table, in their order."""
    head = ("`class`", "it means", "what to do", "`retryable`")
    return _table(
        head,
        ((f"`{name}`", row.meaning, row.remedy, _said(name in RETRYABLE)) for name, row in FAILURE_CLASSES.items()),
    )


def _said(can_help: bool) -> str:
    return "yes" if can_help else "no"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n" for cells in lines)


TABLES = {"problems": problem_table, "failures": failure_table}


def _rewritten(guide: str) -> str:
    for name, table in TABLES.items():
        before, rest = guide.split(f"<!-- {name} -->\n")
        guide = f"{before}<!-- {name} -->\n{table()}<!-- /{name} -->{rest.split(f'<!-- /{name} -->')[1]}"
    return guide


def test_the_guide_has_every_problem_and_every_failure_as_it_is() -> None:
    """Written from the tables, so that it cannot drift."""
    guide = GUIDE.read_text()
    assert guide == _rewritten(guide), "run: python -m tests.service.http.test_errors_guide"


if __name__ == "__main__":
    GUIDE.write_text(_rewritten(GUIDE.read_text()))
