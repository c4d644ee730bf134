"""What the site makes of the code is complete, and what is wrong with a page is found out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from augury.datasets.settings import IngestSettings
from docs.making.bodies import bodies, bounds, shown_type
from docs.making.check import complaints
from docs.making.commands import commands, contexts
from docs.making.document import document
from docs.making.navigation import NAVIGATION, decisions
from docs.making.operations import listed, operations
from docs.making.pages import MARK, filled_in
from docs.making.settings import GROUPS, rows_of, settings
from tests.docs.blocks import ROOT

DOCS = ROOT / "docs"
HTTP = DOCS / "reference" / "http"


def test_every_operation_is_on_a_page() -> None:
    """The pages show groups of them, and no group is left out."""
    shown = "".join(filled_in(path.read_text(), path) for path in HTTP.glob("*.md"))
    for method, path, operation in listed():
        assert f"{method} {path}\n" in shown
        assert f"(operation-{operation['operationId']})=" in shown


def test_a_group_without_operations_is_a_mistake() -> None:
    """As when a tag has another name, and its page would be empty."""
    with pytest.raises(LookupError, match="no operation has the tag job"):
        operations("job")


def test_every_link_to_a_body_has_one_to_lead_to() -> None:
    """From operations, and from one body to the next."""
    text = bodies("") + "".join(operations(tag) for _, _, each in listed() for tag in each["tags"])
    linked = set(re.findall(r"\]\(#(body-\w+)\)", text))
    assert linked == linked & set(re.findall(r"^\((body-\w+)\)=$", text, re.MULTILINE))
    assert len(linked) > 100


def test_bodies_say_what_a_field_may_be() -> None:
    """Its type with links, its bounds in words."""
    assert shown_type({"anyOf": [{"$ref": "#/components/schemas/Job"}, {"type": "null"}]}) == "[Job](#body-job) or null"
    assert shown_type({"type": "array", "items": {"type": "integer"}}) == "list of integer"
    assert shown_type({"enum": ["a", 1]}) == '`"a"`, `1`'
    assert bounds({"anyOf": [{"minimum": 1, "maximum": 9}, {"type": "null"}]}) == "at least 1, at most 9"
    assert document()["components"]["schemas"].keys() == set(re.findall(r"^## (\S+)$", bodies(""), re.MULTILINE))


def test_every_command_has_a_section_with_its_options() -> None:
    """Those of groups, too."""
    text = commands("")
    assert [context.command_path for context in contexts()] == re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert "## augury datasets add\n" in text
    assert "`--rotation" in text


def test_every_setting_is_told_once() -> None:
    """With its variable, its default, and what it means."""
    text = settings("")
    variables = {row[0] for group in GROUPS.values() for row in rows_of(group)}
    told = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert sorted(told) == sorted(variables)
    assert "| `AUGURY_PORT` | `8000` |" in text
    assert any(name == "AUGURY_INGEST_ROOTS" for name, _, _ in rows_of(IngestSettings))


def test_every_page_has_its_place_in_the_navigation() -> None:
    """Pages of the interface and decisions have theirs on the page that begins them."""
    named = [page for pages in NAVIGATION.values() for page in pages]
    there = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    listed_elsewhere = {page for page in there if page.startswith(("reference/http/", "decisions/0"))} - {*named}
    assert len(named) == len(set(named))
    assert there - listed_elsewhere - {"index"} == set(named)


def test_every_decision_is_listed() -> None:
    """By the names of their files."""
    assert all(path.stem in decisions("") for path in (DOCS / "decisions").glob("0*.md"))


def test_links_out_of_the_guides_lead_to_the_repository(tmp_path: Path) -> None:
    """Those between guides stay, those in code are no links, and one that leads nowhere is a mistake."""
    page = DOCS / "one-line.md"
    text = "[a](why.md#x) [b](../examples/compare.ipynb) [c](../tests) [d](https://example.org)\n```\n[e](../nothing)\n```\n"
    made = filled_in(text, page)
    assert "[a](why.md#x)" in made
    assert "/blob/main/examples/compare.ipynb)" in made
    assert "/tree/main/tests)" in made
    assert "[d](https://example.org)" in made
    assert "[e](../nothing)" in made
    with pytest.raises(LookupError, match="there is no"):
        filled_in("[e](../nothing)", page)


def test_what_is_to_be_made_is_known() -> None:
    """Every mark in the guides names a maker, and leaves no mark behind."""
    for path in DOCS.rglob("*.md"):
        assert not MARK.search(filled_in(path.read_text(), path)), path


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ('<a href="other.html">', "links to other.html"),
        ('<a href="#nowhere">', "links to #nowhere"),
        ('<a href="index.html#nowhere">', "links to index.html#nowhere"),
        ('<script src="https://cdn.example/x.js"></script>', "fetches https://cdn.example/x.js"),
        ('<script src="//cdn.example/x.js"></script>', "fetches //cdn.example/x.js"),
        ('<link rel="stylesheet" href="missing.css">', "fetches missing.css"),
        ('<img src="missing.png">', "fetches missing.png"),
    ],
    ids=["page", "anchor", "anchor of a page", "host", "host without scheme", "style", "picture"],
)
def test_what_is_wrong_with_a_built_page_is_said(html: str, complaint: str, tmp_path: Path) -> None:
    """One line for each thing."""
    (tmp_path / "index.html").write_text(f'<p id="here">{html}</p>')
    (found,) = complaints(tmp_path)
    assert complaint in found


def test_a_page_with_nothing_wrong_is_let_through(tmp_path: Path) -> None:
    """Links to other sites are the reader's to follow, and are not asked for."""
    (tmp_path / "site.css").write_text("a { background: url(data:image/png;base64,AA) }")
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="site.css?v=1"><p id="here"><a href="#here"><a href="https://example.org">'
    )
    assert not list(complaints(tmp_path))


def test_a_style_that_fetches_from_elsewhere_is_found_out(tmp_path: Path) -> None:
    """Fonts are what comes so mostly."""
    (tmp_path / "site.css").write_text("@import 'https://fonts.example/x.css'; a { src: url(\"missing.woff2\") }")
    assert len(list(complaints(tmp_path))) == 2
