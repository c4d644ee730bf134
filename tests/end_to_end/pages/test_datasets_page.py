"""Datasets on pages: what is there, what is in it, and how one comes in by a browser."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.end_to_end.pages.watched import OF_A_SERVICE_THAT_IS_AWAY, Opener, Watch, looked_over
from tests.service.conftest import LOOPBACK_URL, application, listening
from tests.service.datasets import rows
from tests.store.databases import migrated_copy

SMALL_PIECES = "const PIECE_BYTES = 20_000;"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a service without workers answers; to be had before a page of it."""
    with listening(application(tmp_path)) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A folder with a folder for each class, and what operating systems put beside photographs."""
    folder = tmp_path / "flowers"
    generator = np.random.default_rng(0)
    for name in ("rose", "größe"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            pixels = generator.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


def _in_small_pieces(page: Page) -> None:
    """Have the page send pieces that are small beside the folder."""

    def smaller(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        assert "const PIECE_BYTES = 8 * 1024 * 1024;" in text
        route.fulfill(response=answer, body=text.replace("const PIECE_BYTES = 8 * 1024 * 1024;", SMALL_PIECES))

    page.route("**/uploading.js", smaller)


def _choose(page: Page, folder: Path) -> None:
    page.set_input_files("#pick-folder", folder)


def _drop(page: Page, folder: Path) -> None:
    """As a person does with the mouse: a browser gives a page folders in no other way."""
    page.locator("#drop").scroll_into_view_if_needed()
    box = page.locator("#drop").bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
        devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": dragged})


@pytest.mark.parametrize("bring", [_choose, _drop])
def test_a_folder_of_photographs_becomes_a_dataset(
    bring: Callable[[Page, Path], None], address: str, page_of: Opener, photographs: Path, tmp_path: Path
) -> None:
    """As one tar with the folders in it, without what is not of the folder's own."""
    page = page_of(address, "/datasets")
    bring(page, photographs)
    expect(page.locator("#datasets tbody tr")).to_have_count(1)
    (dataset,) = _api(page, address)
    stored = tmp_path / "artifacts" / "uploads" / dataset["reference"]["sha256"]
    with tarfile.open(stored) as archive:
        assert sorted(archive.getnames()) == sorted(
            f"flowers/{name}/{number}.png" for name in ("rose", "größe") for number in range(3)
        )
        content = archive.extractfile("flowers/rose/0.png")
        assert content is not None
        assert content.read() == (photographs / "rose" / "0.png").read_bytes()


def _api(page: Page, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{address}/v1/datasets").json()["items"]
    return found


def test_what_is_dropped_is_sent(address: str, page_of: Opener) -> None:
    """One file as it is, with what was said of how its images are stored."""
    page = page_of(address, "/datasets")
    page.locator(".options summary").click()
    page.fill("#options [name=height]", "32")
    page.fill("#options [name=width]", "48")
    page.evaluate(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(["not really"], "photos.zip"));
          const told = { dataTransfer: dropped, bubbles: true, cancelable: true };
          document.getElementById("drop").dispatchEvent(new DragEvent("drop", told));
        }"""
    )
    expect(page.locator("#datasets tbody tr")).to_have_count(1)
    (dataset,) = _api(page, address)
    assert dataset["reference"]["image_size"] == [32, 48]


def test_an_upload_goes_on_where_it_broke_off(
    address: str, page_of: Opener, watch: Watch, photographs: Path, tmp_path: Path
) -> None:
    """The page is closed in the middle; the same folder chosen again sends the rest alone."""
    page = page_of(address, "/datasets")
    _in_small_pieces(page)
    page.reload()
    sent: list[int] = []

    def second_fails(route: Route) -> None:
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/v1/uploads/*", lambda route: _of_pieces(route, second_fails))
    page.set_input_files("#pick-folder", photographs)
    expect(page.locator("#uploads")).to_contain_text("it goes on when it does")
    watch.forget(*OF_A_SERVICE_THAT_IS_AWAY)
    page.reload()
    page.set_input_files("#pick-folder", photographs)
    expect(page.locator("#datasets tbody tr")).to_have_count(1)
    assert sent[:3] == [0, 20_000, 20_000]
    assert sent == sorted(sent)
    watch.forget(*OF_A_SERVICE_THAT_IS_AWAY)


def _of_pieces(route: Route, handle: Callable[[Route], None]) -> None:
    if route.request.method == "PATCH":
        handle(route)
    else:
        route.fallback()


def test_what_was_cancelled_is_gone(address: str, page_of: Opener, watch: Watch, photographs: Path) -> None:
    """The button stops it, and the service keeps nothing of it."""
    page = page_of(address, "/datasets")
    page.route("**/v1/uploads/*", lambda route: None if route.request.method == "PATCH" else route.continue_())
    page.set_input_files("#pick-folder", photographs)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#uploads")).to_be_empty()
    assert page.request.get(f"{address}/v1/uploads").json()["items"] == []
    watch.forget(*OF_A_SERVICE_THAT_IS_AWAY)


def test_what_is_cancelled_before_it_has_begun_sends_nothing(address: str, page_of: Opener, photographs: Path) -> None:
    """The service answers late that it may begin; by then nobody wants it any more."""
    page = page_of(address, "/datasets")
    held: list[Route] = []
    pieces: list[str] = []
    page.route(
        "**/v1/uploads", lambda route: held.append(route) if route.request.method == "POST" else route.fallback()
    )
    page.on("request", lambda request: pieces.append(request.url) if request.method == "PATCH" else None)
    with page.expect_request(lambda request: request.method == "POST"):
        page.set_input_files("#pick-folder", photographs)
    page.get_by_role("button", name="Cancel").click()
    held[0].continue_()
    expect(page.locator("#uploads")).to_be_empty()
    assert pieces == []
    assert page.request.get(f"{address}/v1/uploads").json()["items"] == []


def test_a_dataset_is_added_by_reference_with_the_keyboard_alone(address: str, page_of: Opener) -> None:
    """The built-in one; the list shows it without being loaded anew."""
    page = page_of(address, "/datasets")
    page.focus("#kind")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#datasets tbody")).to_contain_text("digits")
    assert page.url.endswith("/datasets")


def test_what_is_wrong_with_a_reference_is_said_on_the_page(address: str, page_of: Opener, watch: Watch) -> None:
    """Half an image size is refused before anything is sent."""
    page = page_of(address, "/datasets")
    page.locator(".options summary").click()
    page.fill("#options [name=height]", "32")
    page.set_input_files("#pick-files", {"name": "a.zip", "mimeType": "application/zip", "buffer": b"x"})
    expect(page.locator("#problems")).to_contain_text("say both, or neither")
    assert _api(page, address) == []


@pytest.fixture
def ready(tmp_path: Path) -> str:
    """The id of a dataset with images, beside one that failed and one that is being read; made before a service."""
    migrated_copy(tmp_path).close()
    with TestClient(application(tmp_path), base_url=LOOPBACK_URL) as client:
        rows.failed(client, {"kind": "upload", "sha256": "0" * 64, "image_size": None})
        rows.claimed(client, {"kind": "url", "url": "https://example.org/flowers.zip"})
        return rows.ready(client).id


def test_the_pages_are_for_everybody(ready: str, address: str, page_of: Opener) -> None:
    """A list with one of each state, and a dataset with its images: both themes, every width, no complaint."""
    page = page_of(address, "/datasets?open=add")
    looked_over(page, "datasets")
    page.goto(f"{address}/datasets/{ready}")
    page.locator(".gallery img").last.scroll_into_view_if_needed()
    expect(page.locator(".gallery img").last).to_have_js_property("complete", True)
    looked_over(page, "dataset")


def test_a_dataset_is_deleted_after_a_question(ready: str, address: str, page_of: Opener, watch: Watch) -> None:
    """Who says no keeps it."""
    page = page_of(address, f"/datasets/{ready}")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete this dataset").click()
    assert ready in {each["id"] for each in _api(page, address)}
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete this dataset").click()
    page.wait_for_url("**/datasets")
    assert ready not in {each["id"] for each in _api(page, address)}
    watch.forget("404")  # images that the page was still loading when the dataset went
