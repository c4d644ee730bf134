"""Archives: what is in them, in which order, and that they are never held in memory."""

from __future__ import annotations

import io
import json
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augury.archives.assembly import assemble
from augury.archives.layout import Layout
from augury.archives.parts import make_part
from augury.archives.zip_stream import ZipStream
from augury.datasets.snapshot import Snapshot
from store.files.artifacts import Artifacts
from store.files.snapshots import load_snapshot
from tests.augury.archives.samples import Onlooker, layout, make_all, snapshot


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """An empty folder of artifacts."""
    return Artifacts(str(tmp_path / "artifacts"))


def _archive(artifacts: Artifacts, job: Layout) -> io.BytesIO:
    make_all(artifacts, job)
    return io.BytesIO(artifacts.read(f"{job.folder}/{job.archive}"))


def _manifest(artifacts: Artifacts, job: Layout) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header, *lines = [json.loads(line) for line in artifacts.read(f"{job.folder}/manifest.jsonl").splitlines()]
    return header, lines


def test_a_folder_holds_every_image_of_every_round_below_its_class(artifacts: Artifacts) -> None:
    """Names tell class, round and source; a class name cannot lead out of the folder."""
    job = layout(artifacts, rounds=2)
    with zipfile.ZipFile(_archive(artifacts, job)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = archive.read("manifest.jsonl")
    _, lines = _manifest(artifacts, job)
    assert names == ["manifest.jsonl", *(line["file"] for line in lines)]
    assert names[1:4] == ["cat/round00_000000.png", "_dog/round00_000001.png", "Ω/round00_000002.png"]
    assert names[-1] == "Ω/round01_000011.png"
    assert manifest == artifacts.read("jobs/job_1/manifest.jsonl")


def test_the_manifest_says_where_each_image_comes_from_and_what_was_drawn(artifacts: Artifacts) -> None:
    """One header with what is common, and one line an image, in the order of the archive."""
    job = layout(artifacts, rounds=2, include_originals=True)
    make_all(artifacts, job)
    header, lines = _manifest(artifacts, job)
    assert (header["images"], header["seed"], header["spec"]["rotation_range"]) == (36, 3, 20)
    assert "preprocessing" in header["values"]
    assert [line["source"] for line in lines] == [*range(12)] * 3
    assert [line["round"] for line in lines] == [None] * 12 + [0] * 12 + [1] * 12
    assert all(line["parameters"] is None for line in lines[:12])
    assert len({line["parameters"]["theta"] for line in lines[12:]}) == 24
    assert {(line["label"], line["class"]) for line in lines} == {(0, "cat"), (1, "../dog"), (2, "Ω")}


def test_a_drawn_image_is_the_engines_and_an_original_is_the_datasets(artifacts: Artifacts) -> None:
    """Untouched pixels survive exactly; changed ones are in raw units, though the spec rescales."""
    source = snapshot()
    job = layout(artifacts, source, include_originals=True, format="npz")
    arrays = np.load(_archive(artifacts, job), allow_pickle=False)
    assert (arrays["images"].dtype, arrays["images"].shape) == (np.dtype("float32"), (24, 8, 6, 1))
    np.testing.assert_array_equal(arrays["images"][:12], source.images)
    np.testing.assert_array_equal(arrays["labels"], [*source.labels, *source.labels])
    assert arrays["class_names"].tolist() == source.class_names
    assert arrays["images"][12:].max() > 100
    assert not np.array_equal(arrays["images"][12:], source.images)


def test_with_identity_probability_1_every_image_stays_as_it_is(artifacts: Artifacts) -> None:
    """It is the probability of being left untouched."""
    source = snapshot()
    arrays = np.load(
        _archive(artifacts, layout(artifacts, source, identity_probability=1.0, format="npz")), allow_pickle=False
    )
    np.testing.assert_array_equal(arrays["images"], source.images)


@pytest.mark.parametrize(("channels", "dtype"), [(1, "uint8"), (3, "uint8"), (4, "uint8"), (1, "uint16")])
def test_png_files_keep_the_pixels_of_the_dataset(artifacts: Artifacts, channels: int, dtype: str) -> None:
    """8 and 16 bits, grey, colour and with alpha: what was not augmented is there bit by bit."""
    source = snapshot(shape=(5, 7, channels), dtype=dtype)
    with zipfile.ZipFile(_archive(artifacts, layout(artifacts, source, identity_probability=1.0))) as archive:
        pixels = np.asarray(Image.open(archive.open("cat/round00_000003.png")))
    np.testing.assert_array_equal(pixels.reshape(5, 7, channels), source.images[3])


def test_a_shard_is_what_webdataset_reads(artifacts: Artifacts) -> None:
    """Consecutive members share a key; sizes and owners are fixed; the manifest is no sample."""
    job = layout(artifacts, format="tar")
    with tarfile.open(fileobj=_archive(artifacts, job)) as archive:
        members = archive.getmembers()
        names = [member.name for member in members]
        label = archive.extractfile("000004.cls")
        line = archive.extractfile("000004.json")
        assert label is not None
        assert line is not None
        assert (label.read(), json.loads(line.read())["source"]) == (b"1", 4)
    assert names[:4] == ["__manifest__/manifest.jsonl", "000000.png", "000000.cls", "000000.json"]
    assert len(names) == 1 + 3 * 12
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {(0, 0, 0, "")}


@pytest.mark.parametrize("archive_format", ["zip", "npz", "tar"])
def test_the_same_request_gives_the_same_bytes_however_it_is_cut(tmp_path: Path, archive_format: str) -> None:
    """Nothing in an archive depends on time, job, or the size of chunks; a part that is made again is the same."""
    contents = set()
    for number, per_chunk in enumerate((5, 5, 12)):
        artifacts = Artifacts(str(tmp_path / str(number)))
        job = layout(artifacts, format=archive_format, rounds=2, per_chunk=per_chunk)
        make_part(artifacts, load_snapshot(artifacts, job.digest), job, job.spans[0], Onlooker())
        contents.add(_archive(artifacts, job).getvalue())
    assert len(contents) == 1


def test_the_work_can_be_ended_within_a_chunk_and_leaves_no_half_part(artifacts: Artifacts) -> None:
    """A cancel is heeded between images."""
    job = layout(artifacts)
    with pytest.raises(InterruptedError):
        make_part(artifacts, load_snapshot(artifacts, job.digest), job, job.spans[0], Onlooker(patience=2))
    assert not artifacts.exists(job.part_images(0))
    make_all(artifacts, job)
    with pytest.raises(InterruptedError):
        assemble(artifacts, job, Onlooker(patience=2))


@pytest.mark.parametrize("archive_format", ["zip", "npz", "tar"])
def test_memory_does_not_grow_with_the_archive(artifacts: Artifacts, archive_format: str) -> None:
    """Putting together 40 parts of 400 kB takes no more than a few blocks at a time."""
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (40, 100, 100, 1)).astype(np.uint8)  # does not compress
    source = Snapshot(noise, np.zeros(40, np.int64), ["a"])
    job = layout(artifacts, source, per_chunk=1, rounds=10, format=archive_format, spec={"horizontal_flip": True})
    for span in job.spans:
        make_part(artifacts, load_snapshot(artifacts, job.digest), job, span, Onlooker())
    tracemalloc.start()
    facts = assemble(artifacts, job, Onlooker())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert facts[job.archive]["bytes"] > 4_000_000
    assert peak < 3_000_000


def test_a_zip_may_have_more_entries_than_16_bits_count() -> None:
    """zip64: found by the readers that everybody has."""
    buffer = io.BytesIO()
    with ZipStream(buffer) as archive:
        for number in range(66_000):
            archive.add(f"{number}", b"x")
    with zipfile.ZipFile(buffer) as read:
        assert len(read.namelist()) == 66_000
        assert read.read("65999") == b"x"


def test_class_folders_are_distinct_on_every_file_system(artifacts: Artifacts) -> None:
    """Where names differ only in case, or in what cannot be in a name, all get their label in front."""
    source = Snapshot(snapshot(4).images, np.arange(4, dtype=np.int64), ["A", "a", "..", "0_A"])
    assert layout(artifacts, source).class_folders == ["0_A", "1_a", "2_", "3_0_A"]
