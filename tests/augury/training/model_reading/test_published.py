"""Which file of published weights is read, and as what."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from augury.training.model_reading.content import Network
from augury.training.model_reading.keras_files import KERAS_FILES
from augury.training.model_reading.published import Published, fetch_published
from tests.augury.datasets.sources.fetches import answering, request_for, serving

NETWORK = "applications/MobileNet"
FILE = KERAS_FILES[NETWORK].rpartition("/")[2]
CONTENT = b"the weights of a network"


def _published(folder: Path, file: str, **changes: Any) -> Published:
    """A file beside the table that lists it, with a server that would have it, too."""
    (folder / file).write_bytes(CONTENT)
    entry = {"file": file, "bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()} | changes
    (folder / "weights.json").write_text(json.dumps({NETWORK: {"imagenet": entry}}))
    with serving(answering(CONTENT)) as server:
        url = f"http://127.0.0.1:{server.port}"
        reference = {"kind": "weights", "name": NETWORK, "weights": "imagenet"}
        request = request_for(folder, reference, weights_url=str(folder), weights_download_url=url)
        published = fetch_published(request, {}.get)
        assert server.connections == 0
    assert os.pread(published.fetched.descriptor, 100, 0) == CONTENT
    os.close(published.fetched.descriptor)
    return published


def test_the_file_of_keras_may_lie_beside_the_table(tmp_path: Path) -> None:
    """Then nobody is asked for it; it holds the network without a top, in the layout of earlier versions."""
    published = _published(tmp_path, FILE)
    assert (published.network, published.is_by_layer) == (Network(NETWORK, (None, None, 3), None), True)


@pytest.mark.parametrize("file", ["own.keras", FILE])
def test_weights_with_an_architecture_are_read_as_those_of_anybody(tmp_path: Path, file: str) -> None:
    """Whatever they are called."""
    published = _published(tmp_path, file, architecture={"name": NETWORK, "input_shape": [64, 64, 3]})
    assert (published.network, published.is_by_layer) == (Network(NETWORK, (64, 64, 3), None), False)


def test_a_file_of_another_name_says_itself_what_it_is(tmp_path: Path) -> None:
    """As a .keras file does. The folder that the setting names is read, though no path of it may be registered."""
    published = _published(tmp_path, "own.keras")
    assert (published.network, published.is_by_layer) == (None, False)
