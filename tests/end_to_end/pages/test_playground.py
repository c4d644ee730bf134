"""The playground in a real browser: by form and as JSON, with a dataset and with an image of one's own."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Page, expect

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.datasets.snapshot import Snapshot
from augury.exports import TARGETS, export
from augury.exports.options import ExportOptions
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, leases
from tests.end_to_end.pages.watched import Opener, Watch, looked_over
from tests.service.conftest import application, listening
from tests.store.databases import DIGITS
from tests.store.snapshots import store_snapshot

SHOWN = "addEventListener('playground:shown', () => { window.looks = (window.looks ?? 0) + 1; })"


def _make_ready(app: FastAPI) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 1), dtype=np.uint8)
    snapshot = Snapshot(images=pixels, labels=np.arange(200) % 10, class_names=[str(each) for each in range(10)])
    resources = app.state.resources
    digest = store_snapshot(resources.artifacts, snapshot)
    with resources.database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, 0.0)
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=0.0, seconds=10)
        assert lease is not None
        datasets.finish_ingestion(session, lease, digest, snapshot.facts(), 0.0)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service whose digits are ready, and whose kernels are compiled."""
    app = application(tmp_path_factory.mktemp("playground"))
    with listening(app) as (host, port):
        _make_ready(app)
        spec = {"rotation_range": 20, "brightness_range": [0.5, 1.5], "channel_shift_range": 5, "horizontal_flip": True}
        answer = httpx2.post(f"http://{host}:{port}/v1/previews", json={"dataset": DIGITS, "spec": spec}, timeout=120.0)
        assert answer.status_code == 200
        yield f"http://{host}:{port}"


@pytest.fixture
def playground(page_of: Opener, address: str) -> Page:
    """The page, once it has shown its first look."""
    return _opened(page_of, address, "/playground")


def _opened(page_of: Opener, address: str, path: str) -> Page:
    page = page_of(address, path, script=SHOWN)
    _shown(page, 1)
    return page


def _shown(page: Page, looks: int) -> None:
    page.wait_for_function("looks => window.looks >= looks", arg=looks)


def _looks(page: Page) -> int:
    found: int = page.evaluate("window.looks")
    return found


def _spec_in(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["spec"][0]


def test_everybody_can_use_it(playground: Page) -> None:
    """In both themes, at every width, with the copies open."""
    playground.get_by_text("Take it along").click()
    expect(playground.locator("#code pre")).to_have_count(4 + len(TARGETS))
    expect(playground.locator("#findings .finding").first).to_be_visible()
    looked_over(playground, "playground")


def test_a_spec_is_taken_along_in_the_words_of_another_library(playground: Page) -> None:
    """What is copied is the file as the interface has it for images of that size, with what is different above it."""
    spec = ImageDataGeneratorSpec.model_validate_json(_spec_in(playground))
    exported = export(spec, "keras-layers", ExportOptions(image_size=(8, 8)))
    playground.get_by_text("Take it along").click()
    layers = playground.get_by_label("Keras's own layers")
    expect(layers).to_contain_text("layers.RandomRotation(")
    for difference in exported.differences:
        expect(playground.locator("#code li").filter(has_text=difference.message).first).to_be_visible()
    playground.context.grant_permissions(["clipboard-read", "clipboard-write"])
    layers.locator("xpath=..").get_by_role("button", name="Copy").click()
    assert playground.evaluate("navigator.clipboard.readText()").strip() == exported.content.strip()


def test_form_json_picture_and_address_are_in_step(playground: Page, page_of: Opener, address: str) -> None:
    """Whichever is changed, the others follow, and the link shows the same to who gets it."""
    first = playground.locator("#sheet").get_attribute("src")
    looks = _looks(playground)
    playground.get_by_label("rotation_range °").fill("45")
    _shown(playground, looks + 1)
    assert playground.locator("#sheet").get_attribute("src") != first
    assert json.loads(playground.get_by_label("As JSON").input_value())["rotation_range"] == 45
    assert json.loads(_spec_in(playground))["rotation_range"] == 45
    looks = _looks(playground)
    playground.get_by_label("As JSON").fill('{"width_shift_range": 2.0, "brightness_range": [0.5, 1.5]}')
    _shown(playground, looks + 1)
    expect(playground.get_by_label("rotation_range °")).to_have_value("0")
    expect(playground.get_by_label("brightness_range, high")).to_have_value("1.5")
    other = _opened(page_of, address, playground.url.removeprefix(address))
    expect(other.get_by_label("width_shift_range of the width")).to_have_value("2.0")


def test_two_and_two_point_nothing_stay_different_shifts(playground: Page) -> None:
    """Whole pixels below two, or up to two: what is sent is what was written."""
    for written in ("2.0", "2"):
        with playground.expect_request("**/v1/previews") as sent:
            playground.get_by_label("width_shift_range of the width").fill(written)
        assert f'"width_shift_range":{written},' in (sent.value.post_data or "")
        _shown(playground, _looks(playground) + 1)


def test_what_is_no_json_is_said_and_nothing_is_lost(playground: Page) -> None:
    """The text stays as it was typed, and the form shows the last spec that was one."""
    playground.get_by_label("As JSON").fill('{"rotation_range": 30,')
    expect(playground.locator("#spec-fault")).to_contain_text("This is no JSON")
    expect(playground.get_by_label("As JSON")).to_have_value('{"rotation_range": 30,')
    expect(playground.get_by_label("rotation_range °")).to_have_value("20")


def test_a_value_that_cannot_be_is_said_at_its_field(playground: Page, watch: Watch) -> None:
    """In the words of the interface, until it is put right."""
    field = playground.locator("[data-parameter=rotation_range]")
    field.get_by_role("textbox").fill("400")
    expect(field.locator(".fault")).to_contain_text("got 400")
    expect(field.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    field.get_by_role("textbox").fill("much")
    expect(field.locator(".fault")).to_contain_text("much")
    assert json.loads(playground.get_by_label("As JSON").input_value())["rotation_range"] == "much"
    field.get_by_role("textbox").fill("40")
    expect(field.locator(".fault")).to_be_hidden()
    watch.forget("422")


def test_an_image_of_ones_own_is_sent_as_pixels_alone(playground: Page, address: str) -> None:
    """Made smaller by the browser; neither the file nor its name leaves it, and no dataset comes of it."""
    picture = io.BytesIO()
    Image.new("RGB", (600, 300), (200, 30, 60)).save(picture, "PNG")
    with playground.expect_request("**/v1/previews") as sent:
        playground.locator("[name=own]").set_input_files(
            {"name": "secret name.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        )
    body = json.loads(sent.value.post_data or "")
    assert "dataset" not in body
    assert (body["image"]["height"], body["image"]["width"]) == (128, 256)
    assert "secret" not in (sent.value.post_data or "")
    _shown(playground, _looks(playground) + 1)
    expect(playground.get_by_text("Your image stays in this browser")).to_be_visible()
    assert len(httpx2.get(f"{address}/v1/datasets").json()["items"]) == 1
    with playground.expect_request("**/v1/previews") as again:
        playground.get_by_role("button", name="Back to the dataset").click()
    assert "image" not in json.loads(again.value.post_data or "")


def test_a_file_that_is_no_image_is_said(playground: Page) -> None:
    """And what was shown stays."""
    playground.locator("[name=own]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no image"})
    expect(playground.locator("#problems")).to_contain_text("cannot open a.png")
    expect(playground.locator("#sheet")).to_be_visible()


def test_the_keyboard_alone_changes_what_is_seen(playground: Page) -> None:
    """A slider by its arrows, a flip by the space bar, the dose by its end."""
    looks = _looks(playground)
    playground.get_by_label("rotation_range, slider").focus()
    playground.keyboard.press("ArrowRight")
    _shown(playground, looks + 1)
    expect(playground.get_by_label("rotation_range °")).to_have_value("21")
    playground.get_by_label("horizontal_flip").focus()
    playground.keyboard.press("Space")
    assert json.loads(playground.get_by_label("As JSON").input_value())["horizontal_flip"] is True
    playground.get_by_label("Dose").focus()
    playground.keyboard.press("End")
    expect(playground.locator("#dose-said")).to_contain_text("At 2 times its strength: rotation_range 42")
    assert json.loads(_spec_in(playground))["rotation_range"] == 21


def test_a_remedy_is_taken_by_its_button(playground: Page) -> None:
    """The spec has it then, in the form, too."""
    finding = playground.locator(".finding", has_text="There is no rescale").first
    finding.get_by_role("button", name="Do so").click()
    expect(playground.get_by_label("rescale")).not_to_have_value("")
    expect(playground.locator(".finding", has_text="There is no rescale")).to_have_count(0)


def test_what_was_drawn_can_be_read(playground: Page) -> None:
    """As a table: a row for each augmentation."""
    playground.get_by_text("The numbers", exact=True).click()
    expect(playground.locator("#drawn tbody tr")).to_have_count(4 * 6)
    expect(playground.locator("#drawn th", has_text="theta")).to_be_visible()


def test_a_comparison_is_planned_and_run(playground: Page, watch: Watch) -> None:
    """What it would take is said before, what is wrong at its field, and then its own page comes."""
    playground.get_by_label("Metric").fill("beauty")
    playground.get_by_role("button", name="What would it take?").click()
    expect(playground.locator("#run-faults")).to_contain_text("beauty")
    expect(playground.get_by_label("Metric")).to_have_attribute("aria-invalid", "true")
    playground.get_by_label("Metric").fill("accuracy")
    playground.get_by_label("Epochs").fill("3")
    playground.get_by_role("button", name="What would it take?").click()
    expect(playground.locator("#plan")).to_contain_text("Trainings")
    expect(playground.locator("#run-faults")).to_be_hidden()
    playground.get_by_role("button", name="Run the comparison").click()
    playground.wait_for_url("**/jobs/job_*")
    watch.forget("422", "404")
