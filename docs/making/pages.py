"""Fills in what pages leave to the code: ``<!-- made of: settings -->`` becomes the tables of the settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from docs.making.bodies import bodies
from docs.making.commands import commands
from docs.making.navigation import decisions, interface, navigation
from docs.making.operations import operations
from docs.making.settings import settings

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/augury-ml/augury"
MARK = re.compile(r"^<!-- made of: (\w+)(?: (\S+))? -->$", re.MULTILINE)
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    """A file beside ``docs/``, with its links as they are from ``docs/reference``."""
    text = (ROOT / name).read_text()
    return LINK.sub(lambda link: link[0] if _is_elsewhere(link[2]) else f"{link[1]}../../{link[2]}{link[3]}", text)


MAKERS: dict[str, Callable[[str], str]] = {
    "bodies": bodies,
    "commands": commands,
    "decisions": decisions,
    "file": text_of,
    "interface": interface,
    "navigation": navigation,
    "operations": operations,
    "settings": settings,
}


def filled_in(text: str, page: Path) -> str:
    """The Markdown of a *page* with what is made for it, and with links out of ``docs/`` to the repository."""
    made = MARK.sub(lambda mark: MAKERS[mark[1]](mark[2] or ""), text)
    parts = FENCE.split(made)
    return "".join(part if index % 2 else _with_links(part, page) for index, part in enumerate(parts))


def _with_links(text: str, page: Path) -> str:
    return LINK.sub(lambda link: link[1] + _target(link[2], page) + link[3], text)


def _target(target: str, page: Path) -> str:
    """Where a link of a *page* leads on the site: what is not part of it is in the repository."""
    if _is_elsewhere(target):
        return target
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve()
    if not found.is_relative_to(ROOT):
        raise LookupError(f"{page}: {target} is not in the repository")
    if found.is_relative_to(ROOT / "docs") and found.suffix in {".md", ".png"}:
        return target
    if not found.exists():
        raise LookupError(f"{page}: there is no {target}")
    kind = "tree" if found.is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{found.relative_to(ROOT)}" + (f"#{anchor}" if anchor else "")


def _is_elsewhere(target: str) -> bool:
    return target.startswith(("#", "http:", "https:", "mailto:"))
