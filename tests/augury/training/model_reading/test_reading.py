"""From a file to a checked model, in this process, which has TensorFlow already."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from augury.datasets.settings import IngestSettings
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.reading import read_model
from tests.augury.training.model_files.makers import archive, hdf5

pytestmark = pytest.mark.usefixtures("warm")


def test_a_network_whose_weights_are_not_in_the_file_is_none(tmp_path: Path) -> None:
    """The numbers are compared before it is built."""
    (tmp_path / "a.keras").write_bytes(archive(weights=hdf5(lambda file: None)))
    workspace = tmp_path / "work"
    workspace.mkdir()
    descriptor = os.open(tmp_path / "a.keras", os.O_RDONLY)
    try:
        with pytest.raises(ModelFileError, match="has 10 weights, and the file holds 0 numbers") as refusal:
            read_model(descriptor, None, workspace, IngestSettings(), lambda _step, _done, _total: None)
    finally:
        os.close(descriptor)
    assert refusal.value.rule == "model.weights"
