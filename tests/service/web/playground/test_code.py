"""Copies run as they are."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from service.web.playground.code import curl_code, keras_code, python_code, snippets
from tests.service.conftest import application, listening
from tests.store.databases import DIGITS, comparison_body

ROOT = Path(__file__).parents[4]
SPEC = {"rotation_range": 20, "zoom_range": [0.8, 1.2], "width_shift_range": 3, "preprocessing_function": "imagenet_tf"}


def _spec(**parameters: Any) -> ImageDataGeneratorSpec:
    return ImageDataGeneratorSpec.model_validate(parameters)


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
    (json_snippet,) = (each for each in snippets(_spec(**SPEC), {}, "", takes_key=False) if each.name == "JSON")
    assert _spec(**json.loads(json_snippet.text)) == _spec(**SPEC)


def test_the_command_submits_the_comparison(tmp_path: Path) -> None:
    """As a shell runs it, whatever the name of the candidate has in it."""
    body = comparison_body({"tried": SPEC}, labels={"owner": "me / you"})
    with listening(application(tmp_path)) as (host, port):
        command = curl_code(body, f"http://{host}:{port}", takes_key=False)
        answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    job = json.loads(answer.stdout)
    assert job["state"] == "queued"
    assert job["request"]["candidates"][0]["spec"]["rotation_range"] == 20
    assert job["labels"] == {"owner": "me / you"}


def test_a_key_is_taken_from_the_environment() -> None:
    """It is in no copy itself."""
    assert '"Authorization: Bearer $AUGURY_API_KEY"' in curl_code({}, "http://localhost", takes_key=True)


def test_the_script_submits_the_comparison(tmp_path: Path) -> None:
    """And watches it; here until it is cancelled, as nobody works."""
    body = comparison_body({"tried": {"rotation_range": 20.0}})
    with listening(application(tmp_path)) as (host, port):
        script = python_code(body, f"http://{host}:{port}").replace("client.watch(job.id)", "[client.cancel(job.id)]")
        watched = script.partition("    print(client.report")[0]
        answer = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip()


@pytest.mark.parametrize("name", ["it's", 'a "b"', "$HOME `ls`"])
def test_a_request_is_quoted_for_the_shell(name: str) -> None:
    """Nothing of it is carried out or lost."""
    command = curl_code({"name": name}, "http://localhost", takes_key=False).replace("curl -s", "printf '%s\\n'", 1)
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout.partition("\n-d\n")[2]) == {"name": name}


def test_a_script_says_its_request_as_python() -> None:
    """True and None, not true and null."""
    script = python_code({"dataset": DIGITS, "recommend": True, "baseline": None}, "http://localhost")
    with contextlib.redirect_stdout(io.StringIO()):
        found: dict[str, Any] = {}
        exec(script.partition("with Client")[0], found)  # noqa: S102
    assert found["request"] == {"dataset": DIGITS, "recommend": True, "baseline": None}
