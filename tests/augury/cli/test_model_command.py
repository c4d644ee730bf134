"""Models by the client and the command line: what is sent, what is waited for, what is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api_schemas.failures import Failure, FailureClass
from api_schemas.models.model import Model, ModelFacts, ModelLayer, ModelList, ModelState
from augury import Client, NothingToSend
from augury.cli.app import app
from augury.client import models
from tests.augury.stand_in import Answer, StandIn
from tests.service.conftest import application, listening

ID = "model_" + "1" * 32
FACTS = ModelFacts(
    format="keras",
    layers=[
        ModelLayer(name="block_1", kind="Conv2D", output_shape=[None, None, 16], parameters=1234, is_trainable=False),
        ModelLayer(name="top", kind="Dense", output_shape=[10], parameters=170, is_trainable=True),
    ],
    parameters=1404,
    trainable_parameters=170,
    input_shape=[None, None, 3],
    output_shape=[10],
    classes=10,
    bytes=6000,
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """The address of a real service, without workers."""
    with listening(application(tmp_path / "service")) as (host, port):
        yield f"http://{host}:{port}"


def augury(*arguments: str) -> Result:
    """Run the command, without a terminal."""
    return CliRunner().invoke(app, ["models", *arguments])


def _model(state: ModelState = ModelState.READY, **changes: Any) -> Model:
    known: dict[str, Any] = {"facts": FACTS if state is ModelState.READY else None, "error": None}
    return Model(
        id=ID,
        state=state,
        is_terminal=state.is_terminal,
        reference={"kind": "path", "path": "/nets/a.keras"},
        digest="d" * 64 if state is ModelState.READY else None,
        created_at="2026-01-31T12:00:00.000Z",
        **known | changes,
    )


def _answer(model: Model, status: int = 200) -> Answer:
    return Answer(status, json.loads(model.model_dump_json(by_alias=True)))


def test_a_local_file_is_sent_with_its_network(real: str, tmp_path: Path) -> None:
    """To a real service, which keeps it, lists it and lets it go again."""
    path = tmp_path / "a.weights.h5"
    path.write_bytes(b"weights")
    network = {"name": "linear", "input_shape": [8, 8, 1], "classes": 10}
    with Client(real) as client:
        added = client.add_model(path, architecture=network)
        assert added.reference["architecture"] == network
        assert [each.id for each in client.models(state="queued").items] == [added.id]
        assert client.model(added.id) == added
        client.delete_model(added.id)
        assert client.models().items == []
    assert (tmp_path / "service" / "artifacts" / "uploads" / added.reference["sha256"]).read_bytes() == b"weights"


def test_a_file_that_is_not_there_is_no_upload(real: str, tmp_path: Path) -> None:
    """Nor is a folder, which is no model."""
    with Client(real) as client:
        for path in (tmp_path / "nothing.keras", tmp_path):
            with pytest.raises(NothingToSend):
                client.add_model(path)


def test_a_reference_is_sent_as_json(service: StandIn) -> None:
    """As it is typed."""
    service.will(_answer(_model(ModelState.QUEUED), 202))
    done = augury("add", "s3://nets/a.keras", "--no-wait", "--url", service.url)
    assert done.output.strip() == ID
    assert service.asked[0].body == {"kind": "s3", "bucket": "nets", "key": "a.keras"}


def test_adding_waits_and_shows_the_layers(service: StandIn) -> None:
    """By whose names a head is cut and layers are frozen."""
    service.will(_answer(_model(ModelState.QUEUED), 202), _answer(_model(ModelState.READING)), _answer(_model()))
    done = augury("add", "path:/nets/a.keras", "--url", service.url)
    assert done.exit_code == 0, done.output
    assert "takes images of ?×?×3, gives 10 classes; 1,404 weights, 170 of them trainable" in done.output
    rows = [line.split() for line in done.output.splitlines() if line.startswith(("block_1", "top"))]
    assert rows == [["block_1", "Conv2D", "?×?×16", "1,234", "no"], ["top", "Dense", "10", "170", "yes"]]


def test_a_model_that_failed_says_why(service: StandIn) -> None:
    """With the rule, and exit code 1."""
    failure = Failure.of(FailureClass.MODEL, "a Lambda is in it", "model.config")
    service.will(_answer(_model(ModelState.FAILED, error=failure)))
    done = augury("add", "path:/nets/a.keras", "--url", service.url)
    assert done.exit_code == 1
    assert "a Lambda is in it (model.config)" in done.output


def test_models_are_listed(service: StandIn) -> None:
    """One a line; with --json as the service sent them."""
    page = ModelList(items=[_model()], next_cursor=None)
    service.will(Answer(200, json.loads(page.model_dump_json(by_alias=True))))
    assert f"{ID}  ready  ?×?×3  10 classes  1,404" in augury("list", "--url", service.url).output
    assert ModelList.model_validate_json(augury("list", "--json", "--url", service.url).output) == page


def test_an_architecture_that_is_no_json_is_refused_here(service: StandIn) -> None:
    """Before anything is sent."""
    done = augury("add", "path:/nets/a", "--architecture", "resnet", "--url", service.url)
    assert done.exit_code == 2
    assert service.asked == []
