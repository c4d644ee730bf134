"""The guide to datasets says what the settings, the readers and the requests are.

Run as a program, this writes the guide's table of limits: ``python -m tests.service.datasets.test_guide``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from api_schemas.datasets.references import DatasetReference
from augury.datasets.settings import IngestSettings, variable_of

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "datasets.md"
BEGIN, END = "<!-- limits -->\n", "<!-- /limits -->"
READERS = [*(ROOT / "augury" / "datasets").rglob("*.py"), *(ROOT / "workers").rglob("ingestion*.py")]
RULE = re.compile(r"[a-z]+\.[a-z][a-z_0-9]*")
ENDINGS_OF_OTHERS = frozenset({"npy", "parquet", "json", "ini", "db", "datasets", "core"})
"""Of files and modules, which look alike."""
REFERENCES = re.findall(r"```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)


def table() -> str:
    """The settings as a Markdown table, in their order."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in IngestSettings.model_fields.items():
        lines.append(f"| `{variable_of(name)}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    return f"{default:,}" if isinstance(default, int | float) else "none"


def _rewritten(guide: str) -> str:
    before, rest = guide.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def _rules() -> Iterator[str]:
    """Whatever looks like a rule in the code that raises them."""
    for path in READERS:
        for node in ast.walk(ast.parse(path.read_text())):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if RULE.fullmatch(text) and text.rsplit(".", 1)[1] not in ENDINGS_OF_OTHERS:
                yield text


def test_the_guide_has_every_limit_with_its_default() -> None:
    """Written from the settings, so that it cannot drift."""
    guide = GUIDE.read_text()
    assert guide == _rewritten(guide), "run: python -m tests.service.datasets.test_guide"


def test_the_guide_explains_every_rule_and_no_other() -> None:
    """Whoever is told a rule finds it there."""
    explained = set(
        re.findall(r"`([a-z]+\.[a-z_0-9]+)`", GUIDE.read_text().split("<!-- rules")[1].split("## Limits")[0])
    )
    assert explained == set(_rules())


@pytest.mark.parametrize("text", REFERENCES, ids=lambda text: text[:30])
def test_every_reference_in_the_guide_is_one(text: str) -> None:
    """As it stands."""
    assert TypeAdapter(DatasetReference).validate_json(text)


def test_the_guide_shows_a_reference_of_every_kind() -> None:
    """One that can be copied."""
    known = TypeAdapter(DatasetReference).json_schema()["discriminator"]["mapping"]
    shown = set(re.findall(r'"kind": "(\w+)"', GUIDE.read_text()))
    assert shown == set(known)


if __name__ == "__main__":
    GUIDE.write_text(_rewritten(GUIDE.read_text()))
