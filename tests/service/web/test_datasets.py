"""Datasets on pages, as a browser without scripts gets them."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from augury.datasets.settings import IngestSettings
from service.web.datasets import sources, words
from store.rows import datasets
from tests.service.auth.conftest import Guarded, bearer
from tests.service.conftest import serving
from tests.service.datasets import rows
from tests.service.datasets.rows import resources_of
from tests.service.web.conftest import PAGE, PART
from tests.store.databases import comparison_body


def _page(client: TestClient, path: str) -> str:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_list_has_a_line_a_dataset(client: TestClient) -> None:
    """With its state, images, classes and what uses it; one that failed says why."""
    rows.ready(client)
    rows.failed(client, {"kind": "url", "url": "https://example.org/a.zip"})
    text = _page(client, "/datasets")
    assert "digits" in text
    assert "12 × 20, 3 channels" in text
    assert "ant, bee, cat" in text
    assert "the archive is broken" in text
    assert "no job" in text


def test_the_list_is_narrowed_by_its_address(client: TestClient) -> None:
    """A state and a kind; a form sends what is not chosen as nothing."""
    rows.ready(client)
    rows.failed(client, {"kind": "url", "url": "https://example.org/a.zip"})
    assert "example.org" not in _page(client, "/datasets?state=ready&kind=")
    assert "digits</a>" not in _page(client, "/datasets?state=&kind=url")
    assert "No dataset is like that" in _page(client, "/datasets?state=queued")


def test_the_list_looks_again_only_while_something_is_read(client: TestClient) -> None:
    """Every two seconds; a part of the page alone is asked for."""
    row, lease = rows.claimed(client)
    part = client.get("/datasets/parts/list", headers=PART)
    assert "<html" not in part.text
    assert "every 2s" in part.text
    with resources_of(client).database.writing() as session:
        datasets.finish_ingestion(session, lease, "d" * 64, rows.snapshot().facts(), 0.0)
    assert row.id in client.get("/datasets/parts/list", headers=PART).text
    assert "every 2s" not in client.get("/datasets/parts/list", headers=PART).text


def test_a_dataset_shows_what_is_in_it(client: TestClient) -> None:
    """Its classes with their counts, and its images by class, each with a text."""
    row = rows.ready(client)
    text = _page(client, f"/datasets/{row.id}?class=bee")
    assert "10 images" in text
    shown = re.findall(r"images\?index=(\d+)\"\s+alt=\"([^\"]+)", text)
    assert len(shown) == 10
    assert all(alt == f"bee: photo-{index}.png" and int(index) % 3 == 1 for index, alt in shown)
    answer = client.get(f"/v1/datasets/{row.id}/images?index={shown[0][0]}")
    assert answer.headers["Content-Type"] == "image/png"
    assert "max-age" in answer.headers["Cache-Control"]


def test_one_that_is_being_read_shows_how_far(client: TestClient) -> None:
    """A part of the page asks again, and has all of it loaded anew at the end."""
    row, lease = rows.claimed(client)
    assert f"/datasets/{row.id}/parts/state" in _page(client, f"/datasets/{row.id}")
    part = client.get(f"/datasets/{row.id}/parts/state", headers=PART)
    assert "HX-Refresh" not in part.headers
    with resources_of(client).database.writing() as session:
        datasets.finish_ingestion(session, lease, "d" * 64, rows.snapshot().facts(), 0.0)
    assert client.get(f"/datasets/{row.id}/parts/state", headers=PART).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(("rule", "said"), [("images.sizes_differ", "image size"), ("archive.link", "plain zip")])
def test_one_that_failed_says_what_to_do(client: TestClient, rule: str, said: str) -> None:
    """By its rule, or by the kind of it."""
    row = rows.failed(client, rule=rule)
    text = _page(client, f"/datasets/{row.id}")
    assert "the archive is broken" in text
    assert said in text


def test_every_kind_of_rule_of_the_guide_has_a_next_step() -> None:
    """None is left without a sentence that was not thought of."""
    from tests.service.datasets.test_guide import GUIDE

    rules = set(re.findall(r"`([a-z]+\.[a-z_]+)`", GUIDE.read_text().split("<!-- rules")[1].split("## ")[0]))
    known = {*words._NEXT_STEPS_OF, *{rule.split(".")[0] for rule in words._NEXT_STEPS}}
    assert {rule.split(".")[0] for rule in rules} - known - {"weights"} == set()


def test_what_stands_in_the_way_of_deleting_is_said(client: TestClient) -> None:
    """In the place of the button."""
    job = client.post("/v1/jobs", json=comparison_body()).json()
    text = _page(client, f"/datasets/{job['dataset_id']}")
    assert job["id"] in text
    assert "Delete this dataset" not in text


def test_the_form_offers_what_the_operator_allows(client: TestClient) -> None:
    """And names what else could be allowed."""
    closed = IngestSettings(roots=[], buckets=[], url=False, huggingface_endpoint=None, downloads=False)
    assert [each.kind for each in sources.allowed(closed)] == ["builtin"]
    assert len(sources.not_allowed(closed)) == 5
    open_ = IngestSettings(
        roots=["/data"], buckets=["s3://a", "gs://b"], url=True, huggingface_endpoint="https://hub", downloads=True
    )  # type: ignore[arg-type]
    assert [each.kind for each in sources.allowed(open_)] == ["builtin", "path", "url", "s3", "gs", "huggingface"]
    assert sources.not_allowed(open_) == []


def test_who_may_only_read_is_offered_nothing_else(guarded: Guarded) -> None:
    """Neither a place to drop files nor a form."""
    text = guarded.client.get("/datasets", headers=PAGE | bearer(guarded.key("read"))).text
    assert "Datasets" in text
    assert 'id="drop"' not in text


def test_names_from_outside_are_no_markup(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A class that is called like an element is shown as a word."""
    with serving(tmp_path_factory.mktemp("named")) as client:
        row = rows.failed(client, {"kind": "url", "url": "https://example.org/<script>alert(1)</script>"})
        assert "<script>alert" not in _page(client, f"/datasets/{row.id}")
        assert "<script>alert" not in _page(client, "/datasets")
