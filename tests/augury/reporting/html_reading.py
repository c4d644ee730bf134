"""What a page consists of, as a parser sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

VOID = frozenset({"meta", "img", "br", "link"})


@dataclass
class Element:
    """A start tag, with the text below it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    ancestors: tuple[str, ...] = field(default=())


class Reader(HTMLParser):
    """All elements of a page in order; an end tag that does not fit raises."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(page)
        self.close()
        assert not self._open, f"never closed: {[element.tag for element in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and go into it."""
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"an attribute twice in {tag}"
        element = Element(tag, attributes, ancestors=tuple(each.tag for each in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Leave the innermost element, which must be of this kind."""
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Add the text to all elements it is in."""
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        """The elements of these kinds, in order."""
        return [element for element in self.elements if element.tag in tags]


@cache
def reader_of(page: str) -> Reader:
    """The elements of a page that several tests look at, read once."""
    return Reader(page)
