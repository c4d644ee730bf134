"""Registered models among the artifacts, in a folder and in a bucket."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from store.files.artifacts import ArtifactMissingError, Artifacts, CacheSettings
from store.files.models import is_stored, model_file, store_model
from store.files.names import stored_model_name
from store.files.snapshot_cache import SnapshotCacheError

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["folder", "bucket"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    """Artifacts in an empty folder, and in an empty bucket."""
    if request.param == "folder":
        return Artifacts(str(tmp_path / "artifacts"))
    return Artifacts(f"s3://{request.getfixturevalue('bucket')}/x", CacheSettings(tmp_path / "cache"))


def test_what_is_stored_is_a_file_of_this_machine(anywhere: Artifacts, tmp_path: Path) -> None:
    """As long as somebody uses it."""
    (tmp_path / "made").write_bytes(CONTENT)
    assert not is_stored(anywhere, DIGEST)
    store_model(anywhere, tmp_path / "made", DIGEST)
    assert is_stored(anywhere, DIGEST)
    for _ in range(2):
        with model_file(anywhere, DIGEST) as file:
            assert file.read_bytes() == CONTENT


def test_what_is_not_stored_is_missing(anywhere: Artifacts) -> None:
    """As the one error of all artifacts."""
    with pytest.raises(ArtifactMissingError), model_file(anywhere, DIGEST):
        pass


def test_a_model_that_is_damaged_in_the_bucket_is_refused(bucket: str, tmp_path: Path) -> None:
    """Its content is not what its digest says."""
    remote = Artifacts(f"s3://{bucket}/x", CacheSettings(tmp_path / "cache"))
    remote.write(stored_model_name(DIGEST), b"other weights")
    with pytest.raises(SnapshotCacheError), model_file(remote, DIGEST):
        pass
