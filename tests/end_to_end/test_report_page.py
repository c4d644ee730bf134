"""The report's page in a real browser: nothing fetched, nothing cut off, readable in both schemes and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from augury.reporting.html import render_html
from tests.augury.reporting import samples
from tests.end_to_end.browsers import running_browser

TELEPHONE, DESK = (390, 844), (1280, 900)
LEAST_CONTRAST = 4.5

FIGURE_TEXT = {f"text.plot-{name}" for name in ("name", "value", "tick", "quiet", "heading")}

CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
  const paper = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = {};
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(element.closest('svg') ? style.fill : style.color)), light(paper(element))];
    const name = element.tagName.toLowerCase() + '.' + (element.getAttribute('class') || '');
    found[name] = Math.min(found[name] ?? 99, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of this machine."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages as files."""
    folder = tmp_path_factory.mktemp("pages")
    made = {"full": samples.full(), "troubled": samples.troubled(), "crowded": samples.crowded(7, 200)}
    for name, report in made.items():
        sheets = {candidate.name: samples.png(1400, 500) for candidate in report.candidates}
        (folder / f"{name}.html").write_text(render_html(report, sheets))
    return {name: folder / f"{name}.html" for name in made}


class Visit:
    """An open page, and what it asked for and complained about."""

    def __init__(self, browser: Browser, file: Path, size: tuple[int, int] = DESK, scheme: str = "light") -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self._let_only_the_file)
        self._file = file.as_uri()
        self.page.goto(self._file)

    def _let_only_the_file(self, route: Route) -> None:
        self.requests.append(route.request.url)
        if route.request.url == self._file:
            route.continue_()
        else:
            route.abort()

    def __enter__(self) -> Visit:
        """Look at the page."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave it."""
        self._context.close()


@pytest.mark.parametrize("name", ["full", "troubled", "crowded"])
def test_a_page_fits_fetches_nothing_and_has_no_errors(name: str, browser: Browser, files: dict[str, Path]) -> None:
    """Only the file itself is asked for, the console stays empty, and nothing scrolls sideways but wide tables."""
    with Visit(browser, files[name]) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            for width, height in ((360, 740), TELEPHONE, DESK):
                visit.page.set_viewport_size({"width": width, "height": height})
                assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.requests == [files[name].as_uri()]
        assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_told_from_its_background(scheme: str, browser: Browser, files: dict[str, Path]) -> None:
    """At least 4.5 to 1 everywhere: running text, badges, notes, tables, and the labels in the figures."""
    with Visit(browser, files["troubled"], scheme=scheme) as visit:
        contrasts = visit.page.evaluate(CONTRASTS)
    assert {"p.sentence", "span.badge hurts", "span.badge helps", "td.number", "p.quiet"} | FIGURE_TEXT <= set(
        contrasts
    )
    assert {name: ratio for name, ratio in contrasts.items() if ratio < LEAST_CONTRAST} == {}


def test_the_schemes_differ(browser: Browser, files: dict[str, Path]) -> None:
    """Dark is dark, and the figures go along."""
    seen = {}
    for scheme in ("light", "dark"):
        with Visit(browser, files["full"], scheme=scheme) as visit:
            seen[scheme] = visit.page.evaluate(
                "[getComputedStyle(document.documentElement).backgroundColor,"
                " getComputedStyle(document.querySelector('svg text')).fill]"
            )
    assert seen["light"][0] == "rgb(255, 255, 255)"
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"], strict=True))


def test_a_page_can_be_read_by_keyboard(browser: Browser, files: dict[str, Path]) -> None:
    """Tab comes to the skip link first, which can be seen then, and then to all that is folded or wide.

    Enter goes to the text.
    """
    with Visit(browser, files["full"], TELEPHONE) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        stops = "[...document.querySelectorAll('.scroll, .sheet, pre, summary')].filter(each => each.checkVisibility())"
        reached = set()
        for _ in range(150):
            page.keyboard.press("Tab")
            reached |= {page.evaluate(f"{stops}.indexOf(document.activeElement)")} - {-1}
        assert len(reached) == page.evaluate(f"{stops}.length")


def test_everything_has_a_name_for_a_screen_reader(browser: Browser, files: dict[str, Path]) -> None:
    """The accessibility tree has the landmarks, one heading of level 1, and no picture without a name."""
    with Visit(browser, files["full"]) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        tree = visit.page.locator("body").aria_snapshot()
        for landmark in ("banner", "main", "contentinfo", "navigation", "region"):
            assert visit.page.get_by_role(landmark).count() >= 1  # type: ignore[arg-type]
    assert len(re.findall(r"heading .*\[level=1\]", tree)) == 1
    assert len(re.findall(r'\bimg "', tree)) >= 7
    assert not re.search(r"- '?img(?! \")", tree)


def test_print_has_all_that_matters(browser: Browser, files: dict[str, Path], tmp_path: Path) -> None:
    """On paper everything is light, folded parts are open, and nothing is cut off at the right."""
    with Visit(browser, files["crowded"], scheme="dark") as visit:
        page = visit.page
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator("details.candidate .sentence").first.evaluate("each => each.checkVisibility()")
        assert page.locator("details.candidate svg").first.evaluate("each => each.getBoundingClientRect().height") > 0
        assert page.locator(".scroll").first.evaluate("each => getComputedStyle(each).overflowX") == "visible"
        page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 50_000


def test_a_link_to_the_figures_opens_what_is_folded(browser: Browser, files: dict[str, Path]) -> None:
    """A reason's link leads to figures that can be seen."""
    with Visit(browser, files["crowded"]) as visit:
        visit.page.locator("a[href='#candidate-1-parameters']").first.evaluate("each => each.click()")
        visit.page.wait_for_function("document.getElementById('candidate-1-parameters').checkVisibility()")
