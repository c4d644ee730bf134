"""Our own writing of arrays, read back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from augury.training.model_files.safetensors import read_safetensors, write_safetensors
from augury.training.model_files.stored import StoredModel, read_stored_model, write_stored_model

WEIGHTS = st.lists(arrays.arrays(np.float32, arrays.array_shapes(min_dims=0, max_side=4)), max_size=5)


@given(weights=WEIGHTS, text=st.text(max_size=20))
def test_what_is_written_is_read(weights: list[np.ndarray], text: str) -> None:
    """Whatever shapes there are, scalars and none at all included, bit for bit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a")
        write_safetensors(path, {"text": text}, [(str(number), each) for number, each in enumerate(weights)])
        metadata, found = read_safetensors(path)
    assert metadata == {"text": text}
    assert list(found) == [str(number) for number in range(len(weights))]
    for given_array, read in zip(weights, found.values(), strict=True):
        assert read.shape == given_array.shape
        assert read.tobytes() == given_array.tobytes()


@given(weights=WEIGHTS)
def test_equal_models_have_equal_digests_and_others_do_not(weights: list[np.ndarray]) -> None:
    """That is what trials are known by."""
    with tempfile.TemporaryDirectory() as folder:
        model = StoredModel({"class_name": "Sequential"}, weights)
        digests = [write_stored_model(Path(folder, name), model) for name in ("a", "b")]
        other = write_stored_model(Path(folder, "c"), StoredModel(model.config, [*weights, np.ones(1, np.float32)]))
        assert digests[0] == digests[1] != other
        assert read_stored_model(Path(folder, "a")).config == model.config


def test_brain_floats_become_floats(tmp_path: Path) -> None:
    """They are the upper halves of them, and NumPy does not have them."""
    header = b'{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    halves = (np.array([1.5, -2.0], np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
    (tmp_path / "a").write_bytes(len(header).to_bytes(8, "little") + header + halves)
    assert read_safetensors(tmp_path / "a").arrays["a"] == pytest.approx([1.5, -2.0])
