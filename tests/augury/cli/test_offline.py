"""Findings and previews with no service anywhere: the same readers, linter and engine on this machine."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app
from tests.augury.stand_in import StandIn, problem

SPEC = {"rotation_range": 0.3, "horizontal_flip": True}
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 10, 12, 3), np.uint8)
LABELS = np.arange(6) % 2


@pytest.fixture(autouse=True)
def _no_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No address is given, and no stack runs in this folder."""
    monkeypatch.delenv("AUGURY_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def _folder(top: Path) -> Path:
    for number, (pixels, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        target = top / ("cat", "dog")[label] / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(target)
    return top


def _zip(path: Path) -> Path:
    folder = _folder(path.parent / "zipped")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(folder))
    return path


def _npz(path: Path) -> Path:
    np.savez(path, x=IMAGES, y=LABELS)
    return path


def _augury(*arguments: str, content: Any = None) -> Result:
    return CliRunner().invoke(app, [*arguments], input=None if content is None else json.dumps(content))


def test_a_spec_is_linted_alone() -> None:
    """On assumed images, which the answer says."""
    result = _augury("lint", "-", "--json", content=SPEC)
    answer = json.loads(result.stdout)
    assert result.exit_code == 0, result.output
    assert "rotation-in-degrees" in {found["rule"] for found in answer["findings"]}
    assert answer["basis"].startswith("8-bit images of 64×64 are assumed, as no dataset was named")


@pytest.mark.parametrize("make", [_folder, _zip, _npz], ids=["folder", "zip", "npz"])
def test_a_local_dataset_gives_the_facts(tmp_path: Path, make: Any) -> None:
    """Sizes and values are those of the images."""
    source = make(tmp_path / {_folder: "photos", _zip: "photos.zip", _npz: "photos.npz"}[make])
    answer = json.loads(_augury("lint", "-", "--json", "--dataset", source.name, content=SPEC).stdout)
    assert answer["facts_used"] is True
    assert answer["basis"] == f"6 images of 10×12×3 with values from {IMAGES.min()} to {IMAGES.max()}"


def test_every_candidate_of_a_request_file_is_linted_with_its_builtin_dataset(tmp_path: Path) -> None:
    """As the file names it; digits must not be mirrored."""
    request = {
        "kind": "comparison",
        "dataset": {"kind": "builtin", "name": "digits"},
        "candidates": [{"name": "flip", "spec": {"horizontal_flip": True}}, {"name": "none", "spec": {}}],
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    answers = json.loads(_augury("lint", "request.json", "--json").stdout)
    assert set(answers) == {"flip", "none"}
    assert "flip-changes-labels" in {found["rule"] for found in answers["flip"]["findings"]}
    assert "flip-changes-labels" not in {found["rule"] for found in answers["none"]["findings"]}


@pytest.mark.parametrize("make", [_folder, _zip, _npz, None], ids=["folder", "zip", "npz", "builtin"])
def test_a_preview_is_drawn(tmp_path: Path, make: Any) -> None:
    """A PNG with a row for each image that was asked for."""
    names = {_folder: "photos", _zip: "photos.zip", _npz: "photos.npz"}
    dataset = "digits" if make is None else str(make(tmp_path / names[make]))
    sizes = []
    for count in ("2", "4"):
        result = _augury("preview", "-", "--dataset", dataset, "--count", count, "--rounds", "2", content=SPEC)
        assert result.exit_code == 0, result.output
        sizes.append(Image.open(io.BytesIO((tmp_path / "preview.png").read_bytes())).size)
    assert sizes[0][0] == sizes[1][0]
    assert sizes[0][1] < sizes[1][1]


def test_images_of_several_sizes_are_brought_to_one_that_is_given(tmp_path: Path) -> None:
    """Without it the answer says what to do, and there is no traceback."""
    Image.fromarray(IMAGES[0][:5]).save(_folder(tmp_path / "photos") / "cat" / "small.png")
    refused = _augury("preview", "-", "--dataset", "photos", content=SPEC)
    assert refused.exit_code == 2
    assert "image_size" in refused.stderr
    assert _augury("preview", "-", "--dataset", "photos", "--image-size", "8x8", content=SPEC).exit_code == 0


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        ("ds_" + "0" * 32, "only a service knows"),
        ("nothing-here", "There is no such file here"),
        ("https://127.0.0.1/x.zip", "AUGURY_INGEST_URL"),
        ("broken.zip", "the dataset cannot be used"),
    ],
)
def test_what_cannot_be_read_here_is_refused_with_a_reason(tmp_path: Path, dataset: str, reason: str) -> None:
    """And with the exit code of what is refused."""
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    result = _augury("preview", "-", "--dataset", dataset, content=SPEC)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert "Traceback" not in result.output


def test_a_request_that_is_none_names_its_faulty_fields() -> None:
    """In the words of a service."""
    result = _augury("lint", "-", content={"rotation_rang": 2, "zoom_range": 4})
    assert result.exit_code == 2
    assert "body.spec.rotation_rang: got 2: unknown field; did you mean 'rotation_range'?" in result.stderr
    assert "body.spec.zoom_range: got 4, expected in [0, 1)" in result.stderr
    too_large = _augury("preview", "-", "--count", "64", "--rounds", "8", "--scale", "64", content=SPEC)
    assert too_large.exit_code == 2
    assert "ask for a lower count, fewer rounds or a smaller scale" in too_large.stderr


def test_a_service_that_is_named_is_asked(service: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By option or variable; local files are then to be sent first."""
    monkeypatch.setenv("AUGURY_URL", service.url)
    _folder(tmp_path / "photos")
    result = _augury("lint", "-", "--dataset", "photos", content=SPEC)
    assert result.exit_code == 2
    assert "augury datasets add" in result.stderr
    service.will(problem(422, "no"))
    assert _augury("lint", "-", content=SPEC).exit_code == 2
    assert [asked.path for asked in service.asked] == ["/v1/lint"]


def test_an_image_in_the_request_is_previewed_by_itself(tmp_path: Path) -> None:
    """Without any dataset, as the service does it."""
    pixels = base64.b64encode(IMAGES[0].tobytes()).decode()
    request = {"image": {"height": 10, "width": 12, "pixels": pixels}, "spec": SPEC, "rounds": 2, "scale": 1}
    result = _augury("preview", "-", content=request)
    assert result.exit_code == 0, result.stderr
    sheet = Image.open(tmp_path / "preview.png")
    assert sheet.height < 100
