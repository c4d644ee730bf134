"""Checks the built site: every link leads somewhere, and nothing is fetched from elsewhere.

``python -m docs.making.check FOLDER``. Sphinx warns of links in Markdown that lead nowhere; this looks at what readers
get, with what the theme and generated pages add. Addresses of other sites are not asked for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SOURCES = ("audio", "iframe", "img", "script", "source", "video")
FETCHED = {"link": "href"} | dict.fromkeys(_SOURCES, "src")
"""By tag: the attribute that a browser fetches something from by itself."""

_NOT_FETCHED = frozenset({"canonical", "next", "prev", "search", "index"})
_URL_IN_CSS = re.compile(r"url\(\s*['\"]?(?!data:)([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What a page links to, what it fetches, and what in it can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one tag has."""
        values = {name: value for name, value in attrs if value}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        rels = set(values.get("rel", "").split())
        if (attribute := FETCHED.get(tag)) in values and not rels & _NOT_FETCHED:
            self.fetched.append(values[attribute])


def complaints(site: Path) -> Iterator[str]:
    """A line for each link that leads nowhere, and for each thing that a browser would fetch from elsewhere."""
    pages = {path: Page(path.read_text()) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for address in page.fetched:
            if urlsplit(address).scheme != "data" and not _is_there(address, path, pages):
                yield f"{name} fetches {address}, which is not part of the site"
        for address in page.links:
            if not urlsplit(address).scheme and not _is_there(address, path, pages):
                yield f"{name} links to {address}, which is not there"
    for path in sorted(site.rglob("*.css")):
        for found in _URL_IN_CSS.finditer(path.read_text()):
            address = found[1] or found[2]
            if urlsplit(address).scheme or not (path.parent / urlsplit(address).path).exists():
                yield f"{path.relative_to(site)} fetches {address}, which is not part of the site"


def _is_there(address: str, at: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return False
    target = (at.parent / unquote(parts.path)).resolve() if parts.path else at.resolve()
    if target not in pages:
        return target.is_file()
    return not parts.fragment or unquote(parts.fragment) in pages[target].anchors


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    found = list(complaints(folder))
    for complaint in found:
        print(complaint, file=sys.stderr)
    count = len(list(folder.rglob("*.html")))
    print(f"{count} pages in {folder}; open {folder / 'index.html'}")
    sys.exit(1 if found or not count else 0)
