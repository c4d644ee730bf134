"""The process that reads a dataset: how much it may take."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from augury.datasets.errors import DatasetError
from augury.datasets.processes.parent import environment_for
from augury.datasets.protocol import SNAPSHOT_FOLDER, Task
from augury.datasets.reading_process import read_in_process, read_safely
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot import digest_of
from tests.augury.datasets.images.test_attacks_images import png_bomb
from tests.augury.datasets.makers import folder_of, photographs


class _Patient:
    """Lets it go on to its end."""

    def raise_if_cancelled(self) -> None:
        """Never."""

    def report_progress(self, **_progress: object) -> None:
        """Nobody looks."""


def _read(folder: Path, labels: Any, max_memory_bytes: int) -> list[str]:
    folder.mkdir()
    np.savez_compressed(folder / "a.npz", x=np.zeros((len(labels), 2, 2), np.uint8), y=labels)
    (folder / "work").mkdir()
    limits = IngestSettings(roots=[folder], max_memory_bytes=max_memory_bytes, max_ratio=1e6)
    reference = {"kind": "path", "path": str(folder / "a.npz")}
    return list(read_in_process(Task(reference, folder / "work", limits), _Patient()).facts.classes)  # type: ignore[arg-type]


def test_the_memory_limit_holds_for_the_process_that_reads(tmp_path: Path) -> None:
    """Labels that unpack to gigabytes are refused by the variable's name; small ones are read."""
    assert _read(tmp_path / "small", np.array(["a", "b"] * 5), 1 << 29) == ["a", "b"]
    with pytest.raises(DatasetError, match="AUGURY_INGEST_MAX_MEMORY_BYTES") as refusal:
        _read(tmp_path / "large", np.array(["a" * 400, "b"] * 175_000), 1 << 29)
    assert refusal.value.rule == "ingest.memory"


def test_the_memory_limit_holds_for_what_parquet_unpacks(tmp_path: Path) -> None:
    """Two kilobytes that stand for forty images of 40 MiB each end in the rule, and not in a killed worker."""
    image = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int32()), pa.array([bytes(40 << 20)], pa.binary()))
    table = pa.table({"image": image, "label": ["a", "b"] * 20})
    file, workspace = tmp_path / "a.parquet", tmp_path / "work"
    workspace.mkdir()
    pq.write_table(table, file, compression="zstd", store_schema=False, dictionary_pagesize_limit=1 << 30)
    assert file.stat().st_size < 4096
    limits = IngestSettings(roots=[tmp_path], max_memory_bytes=1 << 29, max_ratio=1e9)
    with pytest.raises(DatasetError, match="AUGURY_INGEST_MAX_MEMORY_BYTES") as refusal:
        read_in_process(Task({"kind": "path", "path": str(file)}, workspace, limits), _Patient())
    assert refusal.value.rule == "ingest.memory"


def test_the_memory_limit_holds_inside_decoders(tmp_path: Path) -> None:
    """An image that unpacks to more than is allowed is left out with that reason, and the others are read."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    given = folder_of(tmp_path / "given", {**photographs(), "class-0/bomb.png": png_bomb(16_000)})
    limits = IngestSettings(roots=[tmp_path], max_memory_bytes=1 << 29, max_image_pixels=1 << 30)
    read = read_in_process(Task({"kind": "path", "path": str(given)}, workspace, limits), _Patient())
    assert [(skipped.reason, skipped.examples) for skipped in read.facts.skipped] == [
        ("needs more memory than is allowed", ["class-0/bomb.png"])
    ]
    assert read.facts.images == len(photographs())


SECRETS = {
    "AUGURY_DATABASE_URL": "postgresql://a:secret@h/d",
    "AUGURY_BROKER_URL": "redis://:secret@h",
    "MY_TOKEN": "secret",
}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("path", set()),
        ("upload", set()),
        ("url", {"https_proxy"}),
        ("s3", {"AWS_SECRET_ACCESS_KEY", "https_proxy"}),
        ("gs", {"GOOGLE_APPLICATION_CREDENTIALS", "https_proxy"}),
        ("huggingface", {"HF_TOKEN", "https_proxy"}),
    ],
)
def test_the_process_is_given_the_credentials_of_its_source_alone(kind: str, given: set[str]) -> None:
    """The passwords of the service are never among them; what every program needs, and the limits, are."""
    credentials = ["AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "HF_TOKEN", "https_proxy"]
    needed = {"PATH": "/bin", "HOME": "/root", "LANG": "C", "TMPDIR": "/var/work", "AUGURY_INGEST_ROOTS": "/data"}
    environment = {**SECRETS, **needed, **dict.fromkeys(credentials, "secret")}
    assert set(environment_for(kind, environment)) == {*needed, *given}


def test_no_password_is_in_the_environment_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started has what was chosen for it."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    started: list[dict[str, str]] = []
    real = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> Any:
        started.append(options["env"])
        return real(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    assert _read(tmp_path / "small", np.array(["a", "b"] * 5), 1 << 29) == ["a", "b"]
    assert not any("secret" in value for value in started[0].values())


def _children_of(read: Any, reference: dict[str, Any], workspace: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that reading a reference has started processes of."""
    started: list[str] = []
    workspace.mkdir()

    class Watched(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, command: list[str], **options: Any) -> None:
            started.append(command[-1])
            super().__init__(command, **options)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    with contextlib.suppress(DatasetError):
        read(Task(reference, workspace, IngestSettings(roots=[workspace.parent])), _Patient())
    return started


def test_digits_are_read_without_a_process_of_their_own_and_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come with an installed package; a snapshot of theirs is addressed by what is in it, as ever."""
    digits = {"kind": "builtin", "name": "digits"}
    assert _children_of(read_safely, digits, tmp_path / "here", monkeypatch) == []
    assert _children_of(read_in_process, digits, tmp_path / "there", monkeypatch) == ["augury.datasets"]
    here, there = (digest_of(tmp_path / name / SNAPSHOT_FOLDER) for name in ("here", "there"))
    assert here == there


def test_all_else_is_read_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody gave, whatever it is called, and what is downloaded."""
    folder_of(tmp_path / "digits", photographs())
    given, downloaded = {"kind": "path", "path": str(tmp_path / "digits")}, {"kind": "builtin", "name": "mnist"}
    assert _children_of(read_safely, given, tmp_path / "given", monkeypatch) == ["augury.datasets"]
    assert _children_of(read_safely, downloaded, tmp_path / "downloaded", monkeypatch) == ["augury.datasets"]


def test_reading_digits_ends_when_nobody_wants_them_any_more(tmp_path: Path) -> None:
    """As a process would be ended."""

    class Impatient(_Patient):
        def raise_if_cancelled(self) -> None:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        read_safely(Task({"kind": "builtin", "name": "digits"}, tmp_path, IngestSettings()), Impatient())
