"""Weights that Keras publishes: from where it fetches them itself, if the operator allows it, and no others."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api_schemas.training.models import APPLICATIONS
from augury.datasets.errors import DatasetError
from augury.training.model_reading.keras_files import (
    DOWNLOADED_FILE,
    KERAS_FILES,
    Wanted,
    fetch_from_keras,
    is_keras_file,
)
from tests.augury.datasets.sources.fetches import Script, answering, by_target, content_of, request_for, serving

NETWORK = "applications/MobileNet"
PATH = KERAS_FILES[NETWORK]
FILE = PATH.rpartition("/")[2]
CONTENT = b"the weights of a network" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
(PUBLISHED_AT,) = re.findall(
    r"`AUGURY_WEIGHTS_DOWNLOAD_URL=(\S+)`", (Path(__file__).parents[4] / "docs" / "models.md").read_text("utf-8")
)
"""Where Keras fetches them itself, as the documentation has it."""
WANTED = Wanted(NETWORK, FILE, len(CONTENT), SHA256)


def nothing_is_kept(_sha256: str) -> Path | None:
    """Of a worker that fetches them for the first time."""
    return None


def _fetched(
    folder: Path,
    script: Script,
    wanted: Wanted = WANTED,
    find_kept: Callable[[str], Path | None] = nothing_is_kept,
    **settings: Any,
) -> tuple[bytes, list[str]]:
    """What comes of it, and what the server was asked."""
    with serving(script) as server:
        url = f"http://127.0.0.1:{server.port}/mirror/"
        request = request_for(folder, {}, **({"weights_download_url": url} | settings))
        return content_of(fetch_from_keras(request, wanted, find_kept)), [head.split(" ")[1] for head in server.heads]


def _refused(folder: Path, script: Script, wanted: Wanted = WANTED, **settings: Any) -> DatasetError:
    with pytest.raises(DatasetError) as refusal:
        _fetched(folder, script, wanted, **settings)
    return refusal.value


def test_every_application_has_its_file() -> None:
    """So that no network can be named whose weights could not be had."""
    assert KERAS_FILES.keys() == APPLICATIONS.keys()


@pytest.mark.parametrize(
    ("network", "module", "constant"),
    [
        ("DenseNet121", "densenet", "DENSENET121_WEIGHT_PATH_NO_TOP"),
        ("InceptionV3", "inception_v3", "WEIGHTS_PATH_NO_TOP"),
        ("VGG16", "vgg16", "WEIGHTS_PATH_NO_TOP"),
        ("Xception", "xception", "WEIGHTS_PATH_NO_TOP"),
        ("EfficientNetV2B0", "efficientnet_v2", "BASE_WEIGHTS_PATH"),
        ("MobileNet", "mobilenet", "BASE_WEIGHT_PATH"),
        ("MobileNetV2", "mobilenet_v2", "BASE_WEIGHT_PATH"),
        ("MobileNetV3Small", "mobilenet_v3", "BASE_WEIGHT_PATH"),
        ("ResNet50", "resnet", "BASE_WEIGHTS_PATH"),
        ("ResNet50V2", "resnet", "BASE_WEIGHTS_PATH"),
    ],
)
def test_the_addresses_are_those_of_the_installed_keras(network: str, module: str, constant: str) -> None:
    """As far as it has them as constants: a whole address, or the folder of all files of a family."""
    said = getattr(importlib.import_module(f"keras.src.applications.{module}"), constant)
    ours = f"{PUBLISHED_AT}/{KERAS_FILES[f'applications/{network}']}"
    assert (ours if said.endswith(".h5") else ours.rpartition("/")[0] + "/") == said


def test_a_network_that_keras_builds_asks_for_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one whose file's name Keras puts together as it goes."""
    import keras
    from keras.src.utils import file_utils

    asked: list[str] = []

    def get_file(_name: str, origin: str, **_options: Any) -> str:
        asked.append(origin)
        raise LookupError

    monkeypatch.setattr(file_utils, "get_file", get_file)
    with pytest.raises(LookupError):
        keras.applications.MobileNet(include_top=False, input_shape=(224, 224, 3))
    assert asked == [f"{PUBLISHED_AT}/{PATH}"]


def test_a_file_is_fetched_by_the_path_that_keras_has_for_it(tmp_path: Path) -> None:
    """Below the operator's address; and is left for the worker, which keeps it."""
    content, asked = _fetched(tmp_path, by_target({f"/mirror/{PATH}": answering(CONTENT)}))
    assert (content, asked) == (CONTENT, [f"/mirror/{PATH}"])
    assert (tmp_path / "workspace" / DOWNLOADED_FILE).read_bytes() == CONTENT


def test_what_was_fetched_before_is_not_fetched_again(tmp_path: Path) -> None:
    """It is asked for by its SHA-256."""
    kept = tmp_path / "kept"
    kept.write_bytes(CONTENT)
    content, asked = _fetched(tmp_path, answering(CONTENT), find_kept={SHA256: kept}.get)
    assert (content, asked) == (CONTENT, [])


def test_what_was_kept_and_is_damaged_is_fetched_again(tmp_path: Path) -> None:
    """A file that a disk has lost parts of is of no use, and the address has it whole."""
    kept = tmp_path / "kept"
    kept.write_bytes(CONTENT[:-1])
    content, asked = _fetched(tmp_path, answering(CONTENT), find_kept={SHA256: kept}.get)
    assert (content, len(asked)) == (CONTENT, 1)


@pytest.mark.parametrize("length", [None, -1], ids=["announced", "unannounced"])
def test_what_is_larger_than_the_table_says_is_broken_off(tmp_path: Path, length: int | None) -> None:
    """Whether the server says so before, or goes on and on."""
    error = _refused(tmp_path, answering(CONTENT + b"more", length=length))
    assert error.rule == "weights.damaged"
    assert f"{len(CONTENT):,} bytes" in str(error)


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        (answering(status="404 Not Found"), "url.status"),
        (answering(CONTENT, length=len(CONTENT) + 1), "weights.damaged"),
        (answering(CONTENT[:-1], length=len(CONTENT)), "url.response"),
        (answering(status="302 Found", headers="Location: https://127.0.0.1/secret\r\n"), "url.address"),
        (answering(status="302 Found", headers="Location: http://elsewhere.example/\r\n"), "url.redirect"),
    ],
    ids=["not there", "longer than listed", "cut off", "to a private address", "without encryption"],
)
def test_a_server_is_held_to_the_rules_of_urls(tmp_path: Path, script: Script, rule: str) -> None:
    """The operator has named it, and trusts it no further."""
    assert _refused(tmp_path, script).rule == rule


def test_a_file_that_is_larger_than_anything_may_be_is_not_asked_for(tmp_path: Path) -> None:
    """The limit of all sources holds here, too."""
    error = _refused(tmp_path, answering(CONTENT), max_bytes=len(CONTENT) - 1)
    assert error.rule == "url.too_large"
    assert "AUGURY_INGEST_MAX_BYTES" in str(error)


@pytest.mark.parametrize(
    ("wanted", "settings", "says"),
    [
        (
            WANTED,
            {"weights_download_url": None},
            "set AUGURY_WEIGHTS_DOWNLOAD_URL to have it fetched",
        ),
        (WANTED._replace(file="own.keras"), {}, f"list the file that Keras publishes, which can be fetched: {FILE}"),
        (WANTED, {"weights_download_url": "ftp://mirror"}, "AUGURY_WEIGHTS_DOWNLOAD_URL is not a URL"),
    ],
)
def test_what_cannot_be_fetched_says_what_the_operator_would_do(
    tmp_path: Path, wanted: Wanted, settings: dict[str, Any], says: str
) -> None:
    """Allow it, list another file, or set the address right."""
    error = _refused(tmp_path, answering(CONTENT), wanted, **settings)
    assert error.rule in ("weights.missing", "weights.endpoint")
    assert says in str(error)


def test_files_are_known_by_the_name_that_keras_gives_them() -> None:
    """Of their own network alone."""
    assert is_keras_file(NETWORK, FILE)
    assert not is_keras_file("applications/VGG16", FILE)
    assert not is_keras_file("linear", FILE)
