"""Exports over HTTP, by the client and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Export, Fidelity, Target
from augury.cli.app import app
from augury.client.client import Client
from augury.exports import TARGETS, export
from augury.exports.options import ExportOptions
from service.specs.export_routes import EXPORT_EXAMPLES
from tests.augury.stand_in import Answer, serving
from tests.augury.wire import job

SPEC = {"rotation_range": 15, "width_shift_range": 4.0, "horizontal_flip": True}


def _export(client: TestClient, **body: Any) -> Export:
    response = client.post("/v1/exports", json=body)
    assert response.status_code == 200, response.text
    return Export.model_validate_json(response.content)


@pytest.mark.parametrize("target", get_args(Target))
def test_every_target_of_the_contract_is_answered(client: TestClient, target: str) -> None:
    """None is promised that cannot be made, and the whole is as near as the worst of its differences."""
    made = _export(client, spec=SPEC, target=target, image_size=[64, 64])
    assert made.target == target
    assert made.content
    assert made.filename
    order = list(Fidelity)
    assert order.index(made.fidelity) == max([order.index(each.fidelity) for each in made.differences], default=0)
    assert set(get_args(Target)) == set(TARGETS)


@pytest.mark.parametrize("name", sorted(EXPORT_EXAMPLES))
def test_the_examples_are_answered(client: TestClient, name: str) -> None:
    """As the document shows them."""
    assert _export(client, **EXPORT_EXAMPLES[name]["value"]).content


def test_semantics_and_image_size_are_heeded(client: TestClient) -> None:
    """Pixels are fractions of the side that the shift goes along."""
    body = {"spec": {"width_shift_range": 5.0}, "target": "keras-layers", "image_size": [20, 50]}
    assert "height_factor=0.25, width_factor=0.0" in _export(client, **body).content
    assert "height_factor=0.0, width_factor=0.1" in _export(client, **body, semantics="corrected").content


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"target": "kerras"}, "body.target"),
        ({"image_size": [64]}, "body.image_size"),
        ({"image_size": [0, 64]}, "body.image_size[0]"),
        ({"spec": {"rotation_rage": 3}}, "body.spec.rotation_rage"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, change: dict[str, Any], location: str) -> None:
    """Field by field, as everywhere."""
    answer = client.post("/v1/exports", json={"spec": SPEC, "target": "keras", **change})
    assert answer.status_code == 422
    assert [each["location"] for each in answer.json()["errors"]] == [location]


def test_the_client_has_the_service_s_answer() -> None:
    """As the model of the wire."""
    body = {"spec": SPEC, "target": "keras"}
    made = export(ImageDataGeneratorSpec.model_validate(SPEC), "keras", ExportOptions())
    with serving() as service, Client(service.url) as client:
        service.will(Answer(200, made.model_dump(mode="json")))
        assert client.export(body) == made
    assert [(each.path, each.body) for each in service.asked] == [("/v1/exports", body)]


def _augury(*arguments: str, content: str | None = None) -> Any:
    return CliRunner().invoke(app, [*arguments], input=content)


def test_the_command_prints_code_and_says_what_is_different() -> None:
    """Code where it can be sent to a file, and everything else beside it; no service is asked."""
    result = _augury("export", json.dumps(SPEC), "--to", "keras-layers", "--image-size", "64x64")
    assert result.exit_code == 0, result.output
    assert "RandomRotation" in result.stdout
    compile(result.stdout, "exported.py", "exec")
    assert result.stderr.startswith("keras-layers: approximate\n")
    assert "more blurred" in result.stderr


def test_a_candidate_of_a_request_is_exported(tmp_path: Path) -> None:
    """By its name, into a file."""
    request = {
        "kind": "comparison",
        "candidates": [{"name": "a", "spec": {"rotation_range": 5}}, {"name": "b", "spec": {"zoom_range": 0.3}}],
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    out = tmp_path / "made" / "layer.py"
    result = _augury("export", str(tmp_path / "request.json"), "--candidate", "b", "--to", "keras", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "zoom_range=0.3" in out.read_text()
    assert "rotation_range=5" not in out.read_text()


def test_a_job_s_candidate_is_exported() -> None:
    """Asked of the service by the job's id."""
    with serving() as service:
        service.will(Answer(200, job()))
        result = _augury("export", "job_1", "--candidate", "flips", "--to", "keras", "--url", service.url)
    assert result.exit_code == 0, result.output
    assert "    horizontal_flip=True,\n" in result.stdout


def test_images_left_alone_are_said() -> None:
    """Of an augmentation's request: a spec has no such probability."""
    request = {"kind": "augmentation", "spec": {"rotation_range": 5}, "identity_probability": 0.25}
    result = _augury("export", json.dumps(request), "--to", "keras")
    assert result.exit_code == 0, result.output
    assert "left out: the request leaves images alone with probability 0.25" in result.stderr


def test_an_unknown_library_is_refused() -> None:
    """With those that are known."""
    result = _augury("export", "{}", "--to", "tensorflow")
    assert result.exit_code == 2
    assert "keras-layers" in result.stderr


def test_a_file_is_imported(tmp_path: Path) -> None:
    """The spec where it can be sent to a file, and what was lost beside it."""
    (tmp_path / "layers.py").write_text("from keras import layers\nlayers.RandomFlip('horizontal')\n")
    result = _augury("import", str(tmp_path / "layers.py"))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"horizontal_flip": True}
    assert "nothing was lost" in result.stderr


@pytest.mark.parametrize(
    ("content", "says"), [("print('hello')", "looks like nothing"), ("layers.RandomFlip((", "Python 3")]
)
def test_what_cannot_be_imported_is_refused(content: str, says: str) -> None:
    """With what to do about it."""
    result = _augury("import", "-", content=content)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "→" in result.stderr
