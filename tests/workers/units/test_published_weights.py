"""Weights that Keras publishes, from where the operator has them fetched to a registered model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from api_schemas.models.model import Model
from augury.datasets.settings import IngestSettings
from augury.training.model_files.stored import read_stored_model
from augury.training.model_reading.keras_files import KERAS_FILES
from store.files.artifacts import Artifacts
from store.files.names import fetched_weights_name, stored_model_name
from store.ids import DEFAULT_PROJECT
from store.rows.models import registered
from store.rows.tables import RegisteredModelRow
from tests.augury.datasets.sources.fetches import Server, answering, by_target, serving
from tests.workers.units.carried import read_model
from workers.context import Context

NETWORK = "applications/MobileNet"
PATH = KERAS_FILES[NETWORK]
FILE = PATH.rpartition("/")[2]
REFERENCE = {"kind": "weights", "name": NETWORK, "weights": "imagenet"}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def network(warm: None) -> keras.Model:
    """As Keras makes it, with weights that nobody has trained."""
    return keras.applications.MobileNet(include_top=False, weights=None, input_shape=(32, 32, 3))


@pytest.fixture(scope="module")
def content(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Its weights in the layout in which Keras publishes them."""
    file = tmp_path_factory.mktemp("weights") / FILE
    with h5py.File(file, "w") as written:
        legacy_h5_format.save_weights_to_hdf5_group(written, network)
    return file.read_bytes()


@pytest.fixture
def mirror(content: bytes) -> Iterator[Server]:
    """A server that has the file where Keras's own has it."""
    with serving(by_target({f"/{PATH}": answering(content)})) as server:
        yield server


def _operated(context: Context, folder: Path, content: bytes, server: Server | None) -> Context:
    """With a table that lists the file, which is not beside it; a server where downloads are allowed."""
    folder.mkdir()
    entry = {"file": FILE, "bytes": len(content), "sha256": _sha256(content)}
    (folder / "weights.json").write_text(json.dumps({NETWORK: {"imagenet": entry}}))
    url = None if server is None else f"http://127.0.0.1:{server.port}"
    return replace(context, ingest=IngestSettings(weights_url=str(folder), weights_download_url=url))


def _read(context: Context, project: str = DEFAULT_PROJECT) -> Model:
    with context.database.writing() as session:
        reference: dict[str, Any] = dict(REFERENCE)
        model_id = registered.register(session, project, reference, context.database.now(session)).id
    read_model(context, model_id)
    with context.database.reading() as session:
        return registered.to_wire(session.get_one(RegisteredModelRow, model_id))


def test_a_listed_file_is_fetched_and_becomes_the_network_that_keras_has(
    context: Context, tmp_path: Path, network: keras.Model, content: bytes, mirror: Server
) -> None:
    """For images of any size; and the file is kept under its SHA-256."""
    model = _read(_operated(context, tmp_path / "weights", content, mirror))
    assert model.state == "ready", model.error
    assert mirror.connections == 1
    assert context.artifacts.read(fetched_weights_name(_sha256(content))) == content
    assert model.facts is not None
    assert (model.facts.input_shape, model.facts.format) == ([None, None, 3], "weights.h5")
    assert model.digest is not None
    file = context.artifacts.local_path(stored_model_name(model.digest))
    assert file is not None
    for stored, variable in zip(read_stored_model(file).weights, network.weights, strict=True):
        np.testing.assert_array_equal(stored, variable.numpy())


@pytest.mark.parametrize("is_in_a_bucket", [False, True], ids=["in a folder", "in a bucket"])
def test_a_file_that_was_kept_is_not_fetched_for_another_project(
    context: Context, tmp_path: Path, bucket: str, mirror: Server, is_in_a_bucket: bool
) -> None:
    """This one holds no weights, so that the reading ends where it has the file."""
    if is_in_a_bucket:
        context = replace(context, artifacts=Artifacts(f"s3://{bucket}"))
    other = b"no weights"
    context.artifacts.write(fetched_weights_name(_sha256(other)), other)
    model = _read(_operated(context, tmp_path / "weights", other, mirror), "another")
    assert model.error is not None
    assert model.error.rule == "model.format", model.error
    assert mirror.connections == 0


def test_what_is_fetched_and_is_another_file_is_neither_used_nor_kept(
    context: Context, tmp_path: Path, content: bytes
) -> None:
    """Its size is right, and its SHA-256 is not."""
    with serving(by_target({f"/{PATH}": answering(content[:-1] + b"!")})) as server:
        model = _read(_operated(context, tmp_path / "weights", content, server))
    assert model.error is not None
    assert model.error.rule == "weights.damaged"
    assert not context.artifacts.exists(fetched_weights_name(_sha256(content)))


def test_a_listed_file_that_may_not_be_fetched_is_missing(context: Context, tmp_path: Path, content: bytes) -> None:
    """What the operator can do about it is said to whoever named it."""
    model = _read(_operated(context, tmp_path / "weights", content, None))
    assert model.error is not None
    assert model.error.rule == "weights.missing"
    assert "AUGURY_WEIGHTS_DOWNLOAD_URL" in model.error.message
