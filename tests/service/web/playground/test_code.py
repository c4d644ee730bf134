"""Copies run as they are."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Target
from augury.exports import TARGETS, export
from augury.exports.options import ExportOptions
from service.web.playground.code import keras_code, snippets
from tests.service.conftest import application, listening
from tests.service.datasets import rows
from tests.store.databases import comparison_body

ROOT = Path(__file__).parents[4]
SPEC = {"rotation_range": 20, "zoom_range": [0.8, 1.2], "width_shift_range": 3, "preprocessing_function": "imagenet_tf"}


def _spec(**parameters: Any) -> ImageDataGeneratorSpec:
    return ImageDataGeneratorSpec.model_validate(parameters)


def _copy(name: str, request: dict[str, Any], address: str = "http://localhost", *, takes_key: bool = False) -> str:
    """One of the copies of a comparison."""
    spec = _spec(**request["candidates"][0]["spec"])
    return next(each.text for each in snippets(spec, request, address, takes_key=takes_key) if each.name == name)


def test_the_code_for_keras_makes_the_generator() -> None:
    """With the same parameters, and its preprocessing where there is one."""
    found: dict[str, Any] = {}
    exec(keras_code(_spec(**SPEC)), found)  # noqa: S102
    generator = found["generator"]
    assert (generator.rotation_range, generator.zoom_range, generator.width_shift_range) == (20, [0.8, 1.2], 3)
    assert type(generator.width_shift_range) is int
    assert (generator.preprocessing_function(np.full((2, 2, 3), 255.0)) == 1.0).all()


def test_the_code_for_keras_says_where_statistics_are_needed() -> None:
    """And is a line where there is nothing to say."""
    assert "generator.fit(x_train)" in keras_code(_spec(featurewise_center=True))
    assert keras_code(_spec()).endswith("generator = ImageDataGenerator()")


def test_the_json_is_the_spec() -> None:
    """All of it, without what is at its default."""
    assert _spec(**json.loads(_copy("JSON", comparison_body({"tried": SPEC})))) == _spec(**SPEC)


def test_the_command_submits_the_comparison(tmp_path: Path) -> None:
    """As a shell runs it, whatever the name of the candidate has in it."""
    body = comparison_body({"tried": SPEC}, labels={"owner": "me / you"})
    with listening(application(tmp_path)) as (host, port):
        command = _copy("curl", body, f"http://{host}:{port}")
        answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    job = json.loads(answer.stdout)
    assert job["state"] == "queued"
    assert job["request"]["candidates"][0]["spec"]["rotation_range"] == 20
    assert job["labels"] == {"owner": "me / you"}


def test_a_key_is_taken_from_the_environment() -> None:
    """It is in no copy itself."""
    assert '"Authorization: Bearer $AUGURY_API_KEY"' in _copy("curl", comparison_body(), takes_key=True)


def test_the_script_submits_the_comparison(tmp_path: Path) -> None:
    """And watches it; here until it is cancelled, as nobody works."""
    body = comparison_body({"tried": {"rotation_range": 20.0}})
    with listening(application(tmp_path)) as (host, port):
        script = _copy("Python", body, f"http://{host}:{port}").replace(
            "client.watch(job.id)", "[client.cancel(job.id)]"
        )
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip()


@pytest.mark.parametrize("target", list(TARGETS))
def test_every_library_s_copy_is_the_export(target: Target) -> None:
    """With all that is different there."""
    body = comparison_body({"tried": {"rotation_range": 20.0}})
    made = export(_spec(rotation_range=20.0), target, ExportOptions())
    offered = snippets(_spec(rotation_range=20.0), body, "", takes_key=False)
    copies = [each for each in offered if each.text == made.content]
    assert len(copies) == 1
    assert f"{made.fidelity.replace('_', ' ')}." in copies[0].about
    assert [remark.partition(": ")[2] for remark in copies[0].remarks] == [each.message for each in made.differences]


def test_differences_are_shown(client: TestClient) -> None:
    """Between a copy's heading and its text, as text."""
    body = comparison_body({"tried": {"rotation_range": 20.0, "zoom_range": 0.2}})
    page = client.get("/playground/parts/code", params={"request": json.dumps(body)}).text
    assert "<li>approximate: 2 layers read the pixels anew" in page
    assert "class ExactAugmentation(keras.layers.Layer):" in html.unescape(page)


def test_exports_are_for_the_images_of_the_dataset(client: TestClient) -> None:
    """Where their size is known, nothing is said of what it might be."""
    asked = {"request": json.dumps(comparison_body({"tried": {"rotation_range": 20.0}}))}
    unknown = "their size is not known here"
    assert unknown in client.get("/playground/parts/code", params=asked).text
    rows.ready(client)
    assert unknown not in client.get("/playground/parts/code", params=asked).text
