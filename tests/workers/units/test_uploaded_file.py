"""The file of an upload, brought from wherever artifacts are kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings
from store.files.artifacts import Artifacts
from store.files.names import upload_name
from store.ids import DEFAULT_PROJECT
from workers.units.uploaded_file import Referred, uploaded_file

CONTENT = b"an uploaded file"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REFERENCE = {"kind": "upload", "sha256": SHA256}


class _Monitor:
    """Keeps what it hears of, and ends the work if it is told to."""

    def __init__(self, is_cancelled: bool = False) -> None:
        self.progress: list[Any] = []
        self._is_cancelled = is_cancelled

    def report_progress(self, **progress: Any) -> None:
        self.progress.append(progress["progress"])

    def raise_if_cancelled(self) -> None:
        if self._is_cancelled:
            raise InterruptedError


@pytest.fixture(params=["folder", "bucket"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    """Artifacts in a folder, and in a bucket, with the upload among them."""
    url = str(tmp_path / "artifacts") if request.param == "folder" else f"s3://{request.getfixturevalue('bucket')}/a"
    stored = Artifacts(url)
    stored.write(upload_name(DEFAULT_PROJECT, SHA256), CONTENT)
    return stored


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def _brought(artifacts: Artifacts, workspace: Path, monitor: _Monitor | None = None, **limits: Any) -> Path | None:
    return uploaded_file(
        artifacts, Referred(DEFAULT_PROJECT, REFERENCE), workspace, IngestSettings(**limits), monitor or _Monitor()
    )


def test_an_upload_is_found_by_its_checksum(artifacts: Artifacts, workspace: Path) -> None:
    """Where artifacts are files of this machine it is not copied; a copy says how far it is."""
    monitor = _Monitor()
    path = _brought(artifacts, workspace, monitor)
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert [each.name for each in workspace.iterdir()] == ([] if artifacts.is_local else ["upload"])
    copied = {"step": "downloading", "done": len(CONTENT), "total": len(CONTENT)}
    assert monitor.progress == ([] if artifacts.is_local else [copied])


def test_an_upload_that_was_removed_is_missing(artifacts: Artifacts, workspace: Path) -> None:
    """Which is what the client has to hear."""
    artifacts.delete(upload_name(DEFAULT_PROJECT, SHA256))
    with pytest.raises(DatasetError) as caught:
        _brought(artifacts, workspace)
    assert caught.value.rule == "upload.missing"


def test_an_upload_with_too_many_bytes_is_refused_before_it_is_copied(artifacts: Artifacts, workspace: Path) -> None:
    """The limit may have been lowered since it was accepted."""
    with pytest.raises(DatasetError) as caught:
        _brought(artifacts, workspace, max_bytes=3)
    assert caught.value.rule == "upload.too_large"
    assert list(workspace.iterdir()) == []


def test_a_cancel_ends_the_copying(bucket: str, workspace: Path) -> None:
    """Between two pieces."""
    artifacts = Artifacts(f"s3://{bucket}/a")
    artifacts.write(upload_name(DEFAULT_PROJECT, SHA256), CONTENT)
    with pytest.raises(InterruptedError):
        _brought(artifacts, workspace, _Monitor(is_cancelled=True))


def test_references_of_other_kinds_have_no_file(artifacts: Artifacts, workspace: Path) -> None:
    """They are fetched where they are read."""
    builtin = {"kind": "builtin", "name": "digits"}
    assert uploaded_file(artifacts, Referred(DEFAULT_PROJECT, builtin), workspace, IngestSettings(), _Monitor()) is None
