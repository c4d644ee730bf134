"""Weights as versions of Keras before the third wrote them, which it still publishes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

from augury.training.model_files.errors import ModelFileError
from augury.training.model_files.hdf5_by_layer import MAX_NAMES, Layers, read_hdf5_by_layer
from tests.augury.training.model_files.makers import hdf5

MAX_BYTES = 10**6


def _read(content: bytes, folder: Path) -> Layers:
    file = folder / "weights.h5"
    file.write_bytes(content)
    return read_hdf5_by_layer(file, MAX_BYTES)


def _write(file: h5py.File, names: Any = (b"kernel:0",), layer_names: Any = (b"dense",)) -> None:
    """One layer with one array; what is said of it may be anything."""
    file.attrs["layer_names"] = layer_names
    file.create_group("dense").attrs["weight_names"] = names
    file["dense/kernel:0"] = np.ones((2, 3), np.float32)


def test_what_keras_writes_is_read_in_its_order(tmp_path: Path) -> None:
    """Trainable weights first, layers without any left out, whatever the alphabet says of their names."""
    network = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(2, 3, name="z"),
            layers.BatchNormalization(name="m"),
            layers.Flatten(name="b"),
            layers.Dense(3, name="a"),
        ]
    )
    written = io.BytesIO()
    with h5py.File(written, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    read = _read(written.getvalue(), tmp_path)
    expected = [layer.trainable_weights + layer.non_trainable_weights for layer in network.layers if layer.weights]
    assert [len(arrays) for arrays in read] == [2, 4, 2]
    for variables, arrays in zip(expected, read, strict=True):
        for variable, array in zip(variables, arrays, strict=True):
            np.testing.assert_array_equal(array, variable.numpy())


@pytest.mark.parametrize("kind", ["S9", h5py.string_dtype()], ids=["of one length", "of any length"])
def test_names_are_read_as_versions_of_h5py_wrote_them(tmp_path: Path, kind: Any) -> None:
    """The plain file, of which every file below changes one thing."""

    def write(file: h5py.File) -> None:
        _write(file)
        for where, attribute, names in (
            (file, "layer_names", [b"dense"]),
            (file["dense"], "weight_names", [b"kernel:0"]),
        ):
            where.attrs.create(attribute, names, dtype=kind)

    ((array,),) = _read(hdf5(write), tmp_path)
    assert array.shape == (2, 3)


def _without_names(file: h5py.File) -> None:
    _write(file)
    del file["dense"].attrs["weight_names"]


def _linked(file: h5py.File) -> None:
    _write(file)
    del file["dense/kernel:0"]
    file["dense/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/")


@pytest.mark.parametrize(
    ("write", "rule", "says"),
    [
        (lambda file: _write(file, layer_names=(b"other",)), "model.hdf5", "'other' is named as a layer"),
        (lambda file: _write(file, layer_names=(b"dense/kernel:0",)), "model.hdf5", "is named as a layer"),
        (lambda file: _write(file, names=(b"bias:0",)), "model.hdf5", "'dense/bias:0' is named as weights"),
        (lambda file: _write(file, names=(b"../dense/kernel:0",)), "model.hdf5", "is named as weights"),
        (lambda file: _write(file, layer_names=np.arange(3)), "model.hdf5", "no list of at most"),
        (lambda file: _write(file, layer_names=np.zeros(MAX_NAMES + 1, "S1")), "model.hdf5", "no list of at most"),
        (lambda file: _write(file, layer_names=np.zeros((1, 1), "S5")), "model.hdf5", "no list of at most"),
        (lambda file: _write(file, layer_names=(b"\xff",)), "model.hdf5", "cannot be read as HDF5"),
        (lambda file: _write(file, layer_names=h5py.Empty("S5")), "model.hdf5", "no list of at most"),
        (_without_names, "model.hdf5", "has no weight_names"),
        (_linked, "model.hdf5_link", "link"),
        (lambda file: file.create_group("layers"), "model.hdf5", "has no layer_names"),
    ],
)
def test_what_keras_does_not_write_is_refused(
    tmp_path: Path, write: Callable[[h5py.File], object], rule: str, says: str
) -> None:
    """By the same rules as other weights, and by what its attributes say."""
    with pytest.raises(ModelFileError) as refusal:
        _read(hdf5(write), tmp_path)
    assert refusal.value.rule == rule
    assert says in str(refusal.value)


def test_more_weights_than_may_be_unpacked_are_refused(tmp_path: Path) -> None:
    """Before any is read."""

    def write(file: h5py.File) -> None:
        _write(file)
        file["dense/more"] = np.zeros(MAX_BYTES, np.uint8)

    with pytest.raises(ModelFileError) as refusal:
        _read(hdf5(write), tmp_path)
    assert refusal.value.rule == "model.hdf5_size"
