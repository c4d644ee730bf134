"""Previews by the client and the command line: what is sent, what is waited for, where the sheet goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.references import BuiltinReference
from api_schemas.previews import PreviewRequest
from augury import Client, RequestRefused
from augury.cli.app import app
from augury.client import client
from tests.augury.stand_in import Answer, StandIn, problem

DIGITS = {"kind": "builtin", "name": "digits"}
SPEC = {"rotation_range": 20}
SHEET = Answer(200, "the sheet", "image/png")
SENT = json.dumps("the sheet").encode()
COMPARISON = {
    "kind": "comparison",
    "dataset": DIGITS,
    "candidates": [{"name": "a", "spec": SPEC}, {"name": "b", "spec": {"horizontal_flip": True}}],
    "training": {"epochs": 3},
}


def _refusal(slug: str) -> Answer:
    body = problem(409, "the dataset is queued").body | {"type": f"urn:augury:problem:{slug}"}
    return Answer(409, body, "application/problem+json")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PREVIEW_PAUSE_SECONDS", 0.01)


def _preview(service: StandIn, content: Any, output: Path, *options: str) -> Result:
    arguments = ["preview", "-", "--url", service.url, "--output", str(output), *options]
    return CliRunner().invoke(app, arguments, input=json.dumps(content))


def test_a_preview_is_the_bytes_that_the_service_sends(service: StandIn) -> None:
    """A request may be a model; its defaults are the service's to choose."""
    service.will(SHEET)
    request = PreviewRequest(
        dataset=BuiltinReference(kind="builtin", name="digits"), spec=ImageDataGeneratorSpec(rotation_range=20)
    )
    with Client(service.url) as augury:
        assert augury.preview(request) == SENT
    assert (service.asked[0].path, service.asked[0].body) == ("/v1/previews", {"dataset": DIGITS, "spec": SPEC})
    assert service.asked[0].headers["Accept"] == "image/png"


def test_a_dataset_that_is_being_read_is_waited_for(service: StandIn) -> None:
    """Whoever waits is told why, once."""
    service.will(_refusal("dataset-not-ready"), _refusal("dataset-not-ready"), SHEET)
    reasons: list[str] = []
    with Client(service.url) as augury:
        assert augury.preview({"dataset": DIGITS, "spec": SPEC}, on_wait=reasons.append) == SENT
    assert reasons == ["the dataset is queued"]


def test_waiting_has_an_end(service: StandIn) -> None:
    """Without a worker the dataset would never be read."""
    service.will(_refusal("dataset-not-ready"))
    with Client(service.url) as augury, pytest.raises(RequestRefused, match="queued"):
        augury.preview({"dataset": DIGITS, "spec": SPEC}, wait_seconds=2)
    assert len(service.asked) > 1


def test_a_dataset_that_failed_is_not_waited_for(service: StandIn) -> None:
    """It will not become ready."""
    service.will(_refusal("dataset-failed"))
    with Client(service.url) as augury, pytest.raises(RequestRefused):
        augury.preview({"dataset": DIGITS, "spec": SPEC})
    assert len(service.asked) == 1


def test_the_command_writes_the_sheet_and_prints_where(service: StandIn, tmp_path: Path) -> None:
    """Into new folders, and nothing else in them."""
    service.will(SHEET)
    output = tmp_path / "new" / "sheet.png"
    result = _preview(service, SPEC, output)
    assert (result.exit_code, result.stdout) == (0, f"{output}\n")
    assert output.read_bytes() == SENT
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (SPEC, [], {"spec": SPEC}),
        ({}, [], {"spec": {}}),
        (SPEC, ["--dataset", "digits"], {"spec": SPEC}),
        (SPEC, ["--dataset", json.dumps({"kind": "other"})], {"spec": SPEC, "dataset": {"kind": "other"}}),
        ({"spec": SPEC, "count": 3, "seed": 1}, ["--seed", "2"], {"spec": SPEC, "count": 3, "seed": 2}),
        (COMPARISON, [], {"spec": SPEC}),
        (COMPARISON, ["--candidate", "b"], {"spec": {"horizontal_flip": True}}),
        (
            {
                "kind": "augmentation",
                "dataset": DIGITS,
                "spec": SPEC,
                "rounds": 50,
                "identity_probability": 0.1,
                "format": "npz",
            },
            [],
            {"spec": SPEC, "identity_probability": 0.1},
        ),
        (SPEC, ["--worst-case", "--scale", "2"], {"spec": SPEC, "worst_case": True, "scale": 2}),
        (
            SPEC,
            [
                "--parameters",
                "--semantics",
                "corrected",
                "--identity-probability",
                "0.5",
                "--count",
                "4",
                "--rounds",
                "2",
            ],
            {
                "spec": SPEC,
                "show_parameters": True,
                "semantics": "corrected",
                "identity_probability": 0.5,
                "count": 4,
                "rounds": 2,
            },
        ),
    ],
)
def test_the_command_takes_any_file_that_names_a_spec(
    content: Any, options: list[str], expected: dict[str, Any], service: StandIn, tmp_path: Path
) -> None:
    """A spec, a preview request, or a job's request, of which it takes what a preview knows; options win."""
    service.will(SHEET)
    result = _preview(service, content, tmp_path / "sheet.png", *options)
    assert result.exit_code == 0, result.stderr
    assert service.asked[0].body == {"dataset": DIGITS, **expected}


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (COMPARISON, ["--candidate", "c"]),
        ({"kind": "comparison", "candidates": []}, []),
        ({"kind": "comparison", "candidates": 5}, []),
        (SPEC, ["--candidate", "a"]),
        (SPEC, ["--dataset", "letters"]),
        (SPEC, ["--dataset", "{"]),
        ([], []),
    ],
)
def test_what_cannot_be_meant_exits_2_and_sends_nothing(
    content: Any, options: list[str], service: StandIn, tmp_path: Path
) -> None:
    """And leaves no file."""
    service.will(SHEET)
    result = _preview(service, content, tmp_path / "sheet.png", *options)
    assert (result.exit_code, service.asked, list(tmp_path.iterdir())) == (2, [], [])


def test_a_folder_cannot_be_the_output_of_a_sheet(service: StandIn, tmp_path: Path) -> None:
    """Said before anything is drawn."""
    service.will(SHEET)
    assert _preview(service, SPEC, tmp_path).exit_code == 2
    assert service.asked == []
