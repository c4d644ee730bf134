"""What the doctor of workers says of the weights that the operator keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api_schemas.service.doctor import Finding
from augury.datasets.settings import IngestSettings
from augury.training.model_reading.keras_files import KERAS_FILES
from workers.doctor import examine_weights

NETWORK = "applications/MobileNet"
FILE = KERAS_FILES[NETWORK].rpartition("/")[2]
MIRROR = "http://127.0.0.1/mirror"


def _found(folder: Path, file: str = FILE, **settings: Any) -> Finding:
    """Of a table that lists one file of five bytes."""
    entry = {"file": file, "bytes": 5, "sha256": "0" * 64}
    (folder / "weights.json").write_text(json.dumps({NETWORK: {"imagenet": entry}}))
    (finding,) = examine_weights(IngestSettings(weights_url=str(folder), **settings))
    assert finding.check == "weights"
    return finding


def test_nothing_is_said_where_nothing_is_kept() -> None:
    """Most have none."""
    assert list(examine_weights(IngestSettings())) == []


def test_an_address_without_a_table_is_of_no_use() -> None:
    """What may be fetched is said by the table."""
    (finding,) = examine_weights(IngestSettings(weights_download_url=MIRROR))
    assert (finding.level, "AUGURY_WEIGHTS_URL" in (finding.remedy or "")) == ("warning", True)


def test_a_bucket_is_not_looked_into() -> None:
    """Only workers may have its credentials in their environment."""
    (finding,) = examine_weights(IngestSettings(weights_url="s3://models/all"))
    assert finding.level == "fine"


@pytest.mark.parametrize(
    ("content", "level"),
    [(b"12345", "fine"), (b"1234", "problem"), (None, "problem")],
    ids=["there", "cut off", "gone"],
)
def test_a_listed_file_is_looked_for(tmp_path: Path, content: bytes | None, level: str) -> None:
    """By its size; its SHA-256 is looked at when it is read."""
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    finding = _found(tmp_path)
    assert finding.level == level
    assert FILE in finding.says


def test_what_keras_publishes_may_be_missing_where_it_is_fetched(tmp_path: Path) -> None:
    """Otherwise the remedy says how it would be."""
    assert _found(tmp_path, weights_download_url=MIRROR).level == "fine"
    assert "AUGURY_WEIGHTS_DOWNLOAD_URL" in (_found(tmp_path).remedy or "")


def test_a_file_of_the_operators_own_is_fetched_from_nowhere(tmp_path: Path) -> None:
    """It has to be put there."""
    assert _found(tmp_path, "own.keras", weights_download_url=MIRROR).level == "problem"


@pytest.mark.parametrize("content", [None, "[]"], ids=["no table", "another table"])
def test_a_table_that_cannot_be_read_is_a_problem(tmp_path: Path, content: str | None) -> None:
    """Nothing is found by it."""
    if content is not None:
        (tmp_path / "weights.json").write_text(content)
    (finding,) = examine_weights(IngestSettings(weights_url=str(tmp_path)))
    assert finding.level == "problem"
