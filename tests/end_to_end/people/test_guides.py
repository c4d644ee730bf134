"""The Python of the guides that speaks to a service, run as it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import augury
from tests.docs.conftest import PER_CLASS, SIDE, reader
from tests.docs.programs import compare_little, run
from tests.end_to_end.stack import Stack, comparison

__all__ = ["reader"]

CLASSES = 2


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


def test_a_model_of_ones_own_is_registered(replaced: dict[str, str], reader: Path) -> None:
    """A file of Keras's, of which the service says the layers."""
    _network((SIDE, SIDE, 3)).save(reader / "flowers.keras")
    model = run("docs/models.md", replaced)["model"]
    assert model.state == "ready"
    assert model.facts.classes == CLASSES


def _network(shape: tuple[int, ...]) -> Any:
    """A linear one, compiled, which is as small as a reader's may be."""
    import keras  # TensorFlow, which the stack has in processes of its own

    images = keras.Input(shape)
    classes = keras.layers.Dense(CLASSES, activation="softmax")(keras.layers.Flatten()(images))
    model = keras.Model(images, classes)
    model.compile(loss="categorical_crossentropy")
    return model


def test_a_picture_of_ones_own_is_previewed(replaced: dict[str, str], reader: Path) -> None:
    """As a sheet, whose bytes are a PNG."""
    (reader / "sheet.png").write_bytes(run("docs/previews.md", replaced)["sheet"])
    with Image.open(reader / "sheet.png") as sheet:
        assert sheet.format == "PNG"


def test_what_the_front_page_shows_works(
    replaced: dict[str, str], reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comparing here, asking a service, and training with the generator."""
    example = reader / "examples" / "standing-example.json"
    request = json.loads(example.read_text()) | {"recommend": False}
    request |= {"candidates": request["candidates"][1:2], "model": {"name": "linear"}, "training": {"epochs": 1}}
    request["evaluation"]["seeds"] = 2
    example.write_text(json.dumps(request))
    monkeypatch.setattr(augury, "compare", compare_little)
    model = _network((96, 96, 3))
    left = run("README.md", replaced, model=model, my_function=lambda image: image)
    assert set(left["outcome"].verdicts) == {"flip", "mild"}
    assert left["job"].state == "succeeded"
    assert len(model.history.history["loss"]) == 10
