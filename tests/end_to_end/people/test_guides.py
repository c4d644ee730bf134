"""The Python of the guides that speaks to a service, run as it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.docs.conftest import PER_CLASS, reader
from tests.docs.programs import run
from tests.end_to_end.stack import Stack, comparison, training

__all__ = ["reader"]

CLASSES, DIGITS = 2, 10


@pytest.fixture
def replaced(stack: Stack, reader: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where the guides say that a service is, and where it is here; of a *reader* who has said nothing else before."""
    url = f"http://127.0.0.1:{stack.port}"
    monkeypatch.setenv("AUGURY_URL", url)
    return {"http://127.0.0.1:8000": url}


def test_augmented_images_are_made_and_fetched(replaced: dict[str, str], reader: Path) -> None:
    """Watched until they are there, and written where the guide says."""
    assert run("docs/augmentation-jobs.md", replaced)["job"].state == "succeeded"
    assert (reader / "augmented.npz").stat().st_size > 0


def test_an_archive_becomes_a_dataset(replaced: dict[str, str], reader: Path) -> None:
    """Uploaded and read; its classes are those of its folders."""
    dataset = run("docs/datasets.md", replaced)["dataset"]
    assert list(dataset.facts.classes.values()) == [PER_CLASS] * CLASSES
    assert tuple(dataset.facts.shape) == (64, 64, 3)


def test_a_job_is_watched_and_its_events_are_read(
    stack: Stack, replaced: dict[str, str], reader: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To its end, one event a line."""
    job = stack.submit(comparison(epochs=1, first_seed=7_000))
    run("docs/events.md", {**replaced, "job_…": job["id"]})
    said = capsys.readouterr().out
    assert "succeeded" in said
    assert "queued" in said


def test_a_model_of_ones_own_is_registered(stack: Stack, replaced: dict[str, str], reader: Path) -> None:
    """A file of Keras's, of which the service says the layers; here one that a training has left."""
    job = stack.finished(stack.submit(training(epochs=1, first_seed=7_100))["id"])
    artifact = job["artifacts"][0]
    content = stack.http.get(f"/v1/jobs/{job['id']}/artifacts/{artifact['name']}").content
    (reader / "flowers.keras").write_bytes(content)
    model = run("docs/models.md", replaced)["model"]
    assert model.state == "ready"
    assert model.facts.classes == DIGITS


def test_a_picture_of_ones_own_is_previewed(replaced: dict[str, str], reader: Path) -> None:
    """As a sheet, whose bytes are a PNG."""
    (reader / "sheet.png").write_bytes(run("docs/previews.md", replaced)["sheet"])
    with Image.open(reader / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_what_the_front_page_shows_works(replaced: dict[str, str], reader: Path) -> None:
    """The standing example, with less to train, is submitted, watched and told."""
    example = reader / "examples" / "standing-example.json"
    request = json.loads(example.read_text()) | {"recommend": False}
    request |= {"candidates": request["candidates"][1:2], "model": {"name": "linear"}, "training": {"epochs": 1}}
    request["evaluation"]["seeds"] = 2
    example.write_text(json.dumps(request))
    assert run("README.md", replaced, having="Client(")["job"].state == "succeeded"
