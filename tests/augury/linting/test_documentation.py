"""The linter's guide says what the rules say.

Run as a program, this writes the table of the guide: ``python -m tests.augury.linting.test_documentation``.
"""

from __future__ import annotations

from pathlib import Path

from augury.linting import RULES

GUIDE = Path(__file__).parents[3] / "docs" / "linter.md"
BEGIN, END = "<!-- rules -->\n", "<!-- /rules -->"


def table() -> str:
    """The rules as a Markdown table, in their order."""
    lines = ["| rule | severity | said when | why it matters | remedy | reference |", "|---|---|---|---|---|---|"]
    for rule in RULES:
        cells = (f"`{rule.id}`", rule.severity, rule.trigger, rule.why, _plain(rule.remedy), rule.reference or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _plain(template: str) -> str:
    """A template with an ellipsis where the numbers of a case go."""
    parts = template.replace("}", "{").split("{")
    return "…".join(parts[::2])


def _rewritten(guide: str) -> str:
    before, rest = guide.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def test_the_guide_has_every_rule_as_it_is() -> None:
    """Written from the rules, so that it cannot drift."""
    guide = GUIDE.read_text()
    assert guide == _rewritten(guide), f"run: python -m {__spec__.name if __spec__ else __name__}"


if __name__ == "__main__":
    GUIDE.write_text(_rewritten(GUIDE.read_text()))
