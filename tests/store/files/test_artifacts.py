"""A half-written artifact is never seen."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from store.files.artifacts import ArtifactMissingError, Artifacts
from tests.store.listing import names_below


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """An empty folder of artifacts."""
    return Artifacts(str(tmp_path / "artifacts"))


@pytest.fixture(params=["folder", "bucket"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    """Artifacts in an empty folder, and in an empty bucket."""
    if request.param == "folder":
        return Artifacts(str(tmp_path / "artifacts"))
    return Artifacts(f"s3://{request.getfixturevalue('bucket')}/some/prefix")


def test_what_was_written_can_be_read(artifacts: Artifacts) -> None:
    """Bytes in, the same bytes out, under a name with folders in it."""
    artifacts.write("jobs/job_1/report.json", b"\x00\xff{}")
    assert artifacts.read("jobs/job_1/report.json") == b"\x00\xff{}"
    assert artifacts.exists("jobs/job_1/report.json")


def test_what_is_not_there_raises_its_own_error(artifacts: Artifacts) -> None:
    """Callers can tell a missing artifact from a broken store."""
    assert not artifacts.exists("nothing")
    with pytest.raises(ArtifactMissingError):
        artifacts.read("nothing")


def test_writing_again_replaces_the_content(artifacts: Artifacts) -> None:
    """A report that is built twice is stored once, the second time whole."""
    artifacts.write("a", b"one")
    artifacts.write("a", b"two, longer")
    artifacts.write("a", b"3")
    assert artifacts.read("a") == b"3"


def test_deleting_is_repeatable(artifacts: Artifacts) -> None:
    """What is gone already may be deleted again."""
    artifacts.write("a", b"one")
    artifacts.delete("a")
    artifacts.delete("a")
    assert not artifacts.exists("a")


def test_nothing_but_the_artifact_is_left_behind(artifacts: Artifacts, tmp_path: Path) -> None:
    """The temporary file is gone once the name is there."""
    artifacts.write("jobs/a", b"one")
    assert [path.name for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == ["a"]


def test_a_reader_sees_all_of_a_version_or_none(artifacts: Artifacts) -> None:
    """While large contents are written over each other, every read gives one of them whole."""
    contents = [bytes([number]) * 2_000_000 for number in range(4)]
    artifacts.write("a", contents[0])
    done = Event()

    def read_until_done() -> set[bytes]:
        seen = set()
        while not done.is_set():
            seen.add(artifacts.read("a"))
        return seen

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_until_done)
        for content in contents * 3:
            artifacts.write("a", content)
        done.set()
        assert reading.result() <= set(contents)


def test_a_write_that_is_broken_off_leaves_the_name_as_it_was(
    artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there was an earlier version or none, the half-written one is not seen."""
    artifacts.write("old", b"one")

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for name in ("old", "new"):
        with pytest.raises(OSError, match="No space"):
            artifacts.write(name, b"two")
    assert artifacts.read("old") == b"one"
    assert not artifacts.exists("new")


def test_artifacts_can_be_kept_where_there_are_no_file_descriptors() -> None:
    """Buckets are written through file objects that have no descriptor to sync; the memory file system is one such."""
    artifacts = Artifacts("memory://augury-test")
    artifacts.write("jobs/a", b"one")
    assert artifacts.read("jobs/a") == b"one"


def test_a_bucket_keeps_artifacts_as_a_folder_does(anywhere: Artifacts) -> None:
    """Bytes in, the same bytes out; whole or in pieces; replaced, measured, listed and deleted."""
    anywhere.write("jobs/job_1/report.json", b"one")
    anywhere.write("jobs/job_1/report.json", b"two, longer")
    with anywhere.writing("jobs/job_1/parts/0.zip") as file:
        file.write(b"\x00" * 1000)
        file.write(b"\xff")
    assert anywhere.read("jobs/job_1/report.json") == b"two, longer"
    with anywhere.open("jobs/job_1/parts/0.zip") as file:
        assert file.read() == b"\x00" * 1000 + b"\xff"
    assert anywhere.size("jobs/job_1/parts/0.zip") == 1001
    assert names_below(anywhere, "jobs") == ["jobs/job_1/parts/0.zip", "jobs/job_1/report.json"]
    anywhere.delete("jobs/job_1/parts")
    anywhere.delete("jobs/job_1/parts")
    assert names_below(anywhere, "jobs") == ["jobs/job_1/report.json"]
    anywhere.delete("jobs/job_1/report.json")
    assert not anywhere.exists("jobs/job_1/report.json")
    assert names_below(anywhere, "jobs") == []


def test_whatever_is_asked_of_a_missing_artifact_says_so(anywhere: Artifacts, tmp_path: Path) -> None:
    """By the one error that callers know, in a bucket as well."""
    for ask in (anywhere.read, anywhere.open, anywhere.size, lambda name: anywhere.get_file(name, tmp_path / "copy")):
        with pytest.raises(ArtifactMissingError):
            ask("nothing")


def test_a_write_to_a_bucket_that_is_broken_off_is_not_seen(anywhere: Artifacts) -> None:
    """Neither under its name nor under a temporary one."""

    def break_off() -> None:
        with anywhere.writing("jobs/a") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert names_below(anywhere, "jobs") == []


def test_a_file_is_moved_in_and_copied_out(anywhere: Artifacts, tmp_path: Path) -> None:
    """The file that was put is gone, as it may be as large as half the disk; what is got is a copy."""
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(b"content")
    anywhere.put_file(source, "uploads/a")
    assert not source.exists()
    anywhere.get_file("uploads/a", copy)
    assert copy.read_bytes() == anywhere.read("uploads/a") == b"content"


def test_a_file_is_stored_without_a_copy_where_that_is_possible(artifacts: Artifacts, tmp_path: Path) -> None:
    """On one file system it is the same file under another name, and can be mapped where it lies."""
    source = tmp_path / "source"
    source.write_bytes(b"content")
    inode = source.stat().st_ino
    artifacts.put_file(source, "uploads/a")
    stored = artifacts.local_path("uploads/a")
    assert stored is not None
    assert stored.stat().st_ino == inode


def test_a_file_of_another_file_system_is_stored_all_the_same(artifacts: Artifacts) -> None:
    """Renaming does not work across file systems; the content is copied then."""
    other = Path("/dev/shm")  # noqa: S108 (a file system in memory, where there is one)
    if not other.is_dir() or os.stat(other).st_dev == os.stat(Path.cwd()).st_dev:
        pytest.skip("there is no other file system here: mount one in memory at /dev/shm")
    with tempfile.NamedTemporaryFile(dir=other, delete=False) as file:
        file.write(b"content")
    artifacts.put_file(Path(file.name), "uploads/a")
    assert artifacts.read("uploads/a") == b"content"
    assert not Path(file.name).exists()


def test_a_bucket_has_no_paths(bucket: str) -> None:
    """Callers that could map a file learn that they cannot."""
    artifacts = Artifacts(f"s3://{bucket}/some/prefix")
    assert not artifacts.is_local
    assert artifacts.local_path("a") is None


def test_what_another_machine_writes_to_a_bucket_is_seen_at_once(bucket: str) -> None:
    """No listing is remembered, however often it was asked for before."""
    ours, theirs = (Artifacts(f"s3://{bucket}/prefix") for _ in range(2))
    assert names_below(ours, "jobs") == []
    assert not ours.exists("jobs/a")
    theirs.write("jobs/a", b"one")
    assert ours.exists("jobs/a")
    assert names_below(ours, "jobs") == ["jobs/a"]
