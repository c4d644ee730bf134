"""What the guides take for given: some photographs, a few files, and nothing of Augury running."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.docs.blocks import ROOT

CLASSES = ("daisy", "rose")
PER_CLASS = 12
SIDE = 24


def _photographs(folder: Path) -> None:
    """A folder for each class, of coloured noise."""
    noise = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for index in range(PER_CLASS):
            pixels = noise.integers(number * 60, 190 + number * 60, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")


def _code(folder: Path) -> None:
    """A training script and a notebook, in which the linter finds nothing that fails."""
    call = "generator = ImageDataGenerator(horizontal_flip=True, rescale=1 / 255)\n"
    cells = [{"cell_type": "code", "source": call, "metadata": {}, "outputs": [], "execution_count": None}]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    for name in ("src", "notebooks"):
        (folder / name).mkdir()
    for name, text in {
        "train.py": call,
        "src/train.py": call,
        "train.ipynb": notebook,
        "notebooks/a.ipynb": notebook,
    }.items():
        (folder / name).write_text(text)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a reader works in, with what the guides speak of in it; it is the reader's home, too."""
    _photographs(tmp_path / "flowers")
    with zipfile.ZipFile(tmp_path / "flowers.zip", "w") as archive:
        for path in sorted((tmp_path / "flowers").rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path / "flowers"))
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "spec.json").write_text(json.dumps({"rotation_range": 20, "shear_range": 0.5, "horizontal_flip": True}))
    digits = {"kind": "builtin", "name": "digits"}
    (tmp_path / "request.json").write_text(json.dumps({"kind": "augmentation", "dataset": digits, "spec": {}}))
    _code(tmp_path)
    Image.open(tmp_path / "flowers" / "rose" / "0.png").save(tmp_path / "cat.jpg")
    for name in ("AUGURY_URL", "AUGURY_API_KEY", "AUGURY_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path
