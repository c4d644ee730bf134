"""The code blocks of the guides.

A block that no test runs or reads says why in the comment above it: ``<!-- not run: it needs a GPU -->``. Blocks
without a language are what something prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>[^>]+?) -->\n+)?^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One of them, and where it is."""

    page: str
    line: int
    language: str
    text: str
    reason: str | None

    def __str__(self) -> str:
        """For the names of tests."""
        return f"{self.page}:{self.line}"


def _blocks(path: Path) -> list[Block]:
    text = path.read_text()
    page = path.relative_to(ROOT).as_posix()
    return [
        Block(page, text.count("\n", 0, found.start("language")) + 1, *found.group("language", "text", "reason"))
        for found in _BLOCK.finditer(text)
    ]


BLOCKS = [block for path in PAGES for block in _blocks(path)]


def blocks(language: str, page: str | None = None) -> list[Block]:
    """Those that are to be run or read, of one page or of all, in their order."""
    return [
        block for block in BLOCKS if block.language == language and block.reason is None and page in (None, block.page)
    ]
