"""The Python of the guides runs as it is shown, where no service is needed.

That of a service's client is run by ``tests/end_to_end/people/test_guides.py``.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import augury
from api_schemas.reports.report import Report
from tests.docs.blocks import blocks
from tests.docs.conftest import CLASSES, PER_CLASS
from tests.docs.programs import compare_little, run

EPOCHS = 10
HERE = frozenset({"docs/drop-in.md", "docs/five-minutes.md", "docs/in-python.md", "docs/linter.md"})
WITH_A_SERVICE = frozenset(
    {
        "README.md",
        "docs/augmentation-jobs.md",
        "docs/datasets.md",
        "docs/events.md",
        "docs/models.md",
        "docs/previews.md",
    }
)


def test_every_page_with_python_is_run() -> None:
    """Here or with a service, and the front page in both; a block that is not says why, above it."""
    assert {block.page for block in blocks("python")} == HERE | WITH_A_SERVICE
    front = ("augury.compare", "Client(", "ImageDataGenerator(")
    assert all(any(part in block.text for part in front) for block in blocks("python", "README.md"))


@pytest.mark.parametrize("page", ["README.md", "docs/five-minutes.md", "docs/in-python.md"])
def test_comparisons_end_with_verdicts(page: str, reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little to train; reports are where the guide says."""
    monkeypatch.setattr(augury, "compare", compare_little)
    outcome = run(page, having="augury.compare")["outcome"]
    assert isinstance(outcome.report, Report)
    assert len(outcome.verdicts) == 2
    assert (reader / "report.html").exists() == (page == "docs/in-python.md")


def test_the_linter_says_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the spec that is shown."""
    run("docs/linter.md")
    assert "shear_range=0.5" in capsys.readouterr().out


@pytest.mark.usefixtures("warm")
def test_a_generator_takes_the_place_of_kerass(reader: Path) -> None:
    """A model is trained on photographs in folders, and tables name files; on the front page, too."""
    (reader / "pictures").mkdir()
    for name in "abc":
        shutil.copy(reader / "flowers" / "rose" / "0.png", reader / "pictures" / f"{name}.png")
    model = _network()
    left = run("docs/drop-in.md", model=model)
    assert left["train"].samples + left["held_out"].samples == len(CLASSES) * PER_CLASS
    assert len(model.history.history["val_loss"]) == EPOCHS
    model = _network()
    run("README.md", having="ImageDataGenerator", model=model, my_function=lambda image: image)
    assert len(model.history.history["loss"]) == EPOCHS


def _network() -> Any:
    """A linear one, compiled, which is as small as a reader's may be."""
    import keras  # TensorFlow, which the other guides leave to processes of their own

    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(len(CLASSES), activation="softmax")])
    model.compile(loss="categorical_crossentropy")
    return model
