"""A half-written artifact is never seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from store.artifacts import ArtifactMissingError, Artifacts


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """An empty folder of artifacts."""
    return Artifacts(str(tmp_path / "artifacts"))


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
