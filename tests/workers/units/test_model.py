"""A registered model's road: read in a process of its own, stored, trained further, and given up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from api_schemas.failures import FailureClass
from api_schemas.models.model import Model, ModelState
from augury.datasets.settings import IngestSettings
from store.files.artifacts import Artifacts
from store.files.models import is_stored
from store.files.names import upload_name
from store.ids import DEFAULT_PROJECT
from store.rows.models import registered
from store.rows.tables import RegisteredModelRow
from tests.augury.training.model_files.makers import INPUT, archive, config_of, hdf5, layer_of
from tests.workers.units.carried import read_model
from workers.context import Context
from workers.maintenance.sweep import sweep
from workers.maintenance.workspaces import remove_abandoned

pytestmark = pytest.mark.usefixtures("warm")


def _saved(file: Path) -> Path:
    """A small network of eight by eight images and ten classes, as Keras saves it."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.1),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(file)
    return file


def _registered(context: Context, **reference: Any) -> str:
    with context.database.writing() as session:
        return registered.register(
            session, DEFAULT_PROJECT, {"architecture": None} | reference, context.database.now(session)
        ).id


def _wire(context: Context, model_id: str) -> Model:
    with context.database.reading() as session:
        return registered.to_wire(session.get_one(RegisteredModelRow, model_id))


def _left(context: Context) -> list[str]:
    folder = context.settings.data_dir
    found = (path for top in ("artifacts", "ingest") for path in (folder / top).rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_an_uploaded_model_becomes_ready_once_and_goes_with_its_files(context: Context, tmp_path: Path) -> None:
    """What is stored is of our own writing; equal content is stored once; deleted, nothing is left of it."""
    content = _saved(tmp_path / "a.keras").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    context.artifacts.write(upload_name(DEFAULT_PROJECT, sha256), content)
    allowed = replace(context, ingest=IngestSettings(roots=[tmp_path]))
    uploaded = _registered(context, kind="upload", sha256=sha256)
    named = _registered(context, kind="path", path=str(tmp_path / "a.keras"))
    for model_id in (uploaded, named):
        read_model(allowed, model_id)
    models = [_wire(context, model_id) for model_id in (uploaded, named)]
    assert [model.state for model in models] == [ModelState.READY] * 2, models[0].error
    digest = models[0].digest
    assert digest == models[1].digest is not None
    facts = models[0].facts
    assert facts is not None
    assert (facts.input_shape, facts.classes, facts.parameters) == ([8, 8, 1], 10, 1506)
    assert [layer.kind for layer in facts.layers if layer.parameters] == ["Conv2D", "BatchNormalization", "Dense"]
    assert _left(context) == [
        f"artifacts/models/{digest}/model.safetensors",
        f"artifacts/{upload_name(DEFAULT_PROJECT, sha256)}",
    ]

    for model_id, is_left in ((named, True), (uploaded, False)):
        with context.database.writing() as session:
            registered.delete(session, session.get_one(RegisteredModelRow, model_id), context.database.now(session))
        assert sweep(context)
        assert is_stored(context.artifacts, digest) is is_left
    assert _left(context) == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"no model at all", "model.format"),
        (archive(b"{}"), "model.config"),
        (hdf5(), "model.architecture"),
    ],
)
def test_what_cannot_be_read_fails_with_its_rule(context: Context, tmp_path: Path, content: bytes, rule: str) -> None:
    """And its workspace is gone."""
    file = tmp_path / "a.keras"
    file.write_bytes(content)
    model_id = _registered(context, kind="path", path=str(file))
    read_model(replace(context, ingest=IngestSettings(roots=[tmp_path])), model_id)
    model = _wire(context, model_id)
    assert model.error is not None
    assert (model.state, model.error.failure_class, model.error.rule) == (
        ModelState.FAILED,
        FailureClass.MODEL,
        rule,
    ), model.error
    assert _left(context) == []


def test_a_configuration_larger_than_its_weights_takes_no_memory(context: Context, tmp_path: Path) -> None:
    """A layer of a trillion weights, and a file that holds ten: the numbers are compared before anything is built."""
    wide, wider = (layer_of("Dense", name=f"dense_{units}", units=units) for units in (10**6, 10**9))
    config = config_of(INPUT, wide, wider)
    (tmp_path / "a.keras").write_bytes(archive(config))
    model_id = _registered(context, kind="path", path=str(tmp_path / "a.keras"))
    limits = IngestSettings(roots=[tmp_path], max_memory_bytes=3 * 2**30)
    read_model(replace(context, ingest=limits), model_id)
    error = _wire(context, model_id).error
    assert error is not None
    assert error.rule == "model.weights", error
    assert "1,000,0" in error.message, error


def test_weights_alone_are_read_for_a_named_network(context: Context, tmp_path: Path) -> None:
    """From Keras's own file, and from arrays named like its variables."""
    keras.utils.clear_session()
    network = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    network.save_weights(tmp_path / "a.weights.h5")
    architecture = {"name": "linear", "input_shape": [8, 8, 1], "classes": 3}
    model_id = _registered(context, kind="path", path=str(tmp_path / "a.weights.h5"), architecture=architecture)
    read_model(replace(context, ingest=IngestSettings(roots=[tmp_path])), model_id)
    model = _wire(context, model_id)
    assert model.state == ModelState.READY, model.error
    with h5py.File(tmp_path / "a.weights.h5") as file:
        kernel = np.asarray(file["layers/dense/vars/0"])
    assert model.facts is not None
    assert model.facts.parameters == kernel.size + 3


def test_the_workspace_of_a_running_reading_is_kept(context: Context) -> None:
    """The caretaker clears away what no lease holds, and a model's lease is one."""
    model_id = _registered(context, kind="path", path="/nowhere")
    with context.database.writing() as session:
        row = session.get_one(RegisteredModelRow, model_id)
        row.lease_id = "lease_held"
    for name in ("lease_held", "lease_gone"):
        (context.settings.data_dir / "ingest" / name).mkdir(parents=True)
    remove_abandoned(context.settings, context.database)
    assert [entry.name for entry in (context.settings.data_dir / "ingest").iterdir()] == ["lease_held"]


def _published(folder: Path, content: bytes, **changes: Any) -> dict[str, Any]:
    """A folder of the operator's with one file of weights; the reference to them."""
    folder.mkdir()
    (folder / "mobilenet.keras").write_bytes(content)
    entry = {"file": "mobilenet.keras", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "weights.json").write_text(json.dumps({"applications/MobileNet": {"imagenet": entry | changes}}))
    return {"kind": "weights", "name": "applications/MobileNet", "weights": "imagenet"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"bytes": 5}, "weights.damaged"),
        ({"sha256": "0" * 64}, "weights.damaged"),
        ({"file": "other.keras"}, "weights.missing"),
        ({"file": "../a.keras"}, "weights.table"),
        ({"more": 1}, "weights.table"),
    ],
)
def test_a_file_that_is_not_the_one_in_the_table_is_not_read(
    context: Context, tmp_path: Path, changes: dict[str, Any], rule: str
) -> None:
    """By size and checksum; and a table cannot name files elsewhere."""
    content = archive()
    (tmp_path / "a.keras").write_bytes(content)
    reference = _published(tmp_path / "weights", content, **changes)
    with context.database.writing() as session:
        model_id = registered.register(session, DEFAULT_PROJECT, reference, context.database.now(session)).id
    read_model(replace(context, ingest=IngestSettings(weights_url=str(tmp_path / "weights"))), model_id)
    error = _wire(context, model_id).error
    assert error is not None
    assert error.rule == rule, error


def test_weights_that_are_not_in_the_table_are_not_there(context: Context, bucket: str) -> None:
    """In a bucket, too, which its workers reach by the variables of its library."""
    remote = Artifacts(f"s3://{bucket}/all")
    remote.write("weights.json", b"{}")
    reference = {"kind": "weights", "name": "applications/VGG16", "weights": "imagenet"}
    with context.database.writing() as session:
        model_id = registered.register(session, DEFAULT_PROJECT, reference, context.database.now(session)).id
    read_model(replace(context, ingest=IngestSettings(weights_url=f"s3://{bucket}/all/")), model_id)
    error = _wire(context, model_id).error
    assert error is not None
    assert error.rule == "weights.unlisted", error
