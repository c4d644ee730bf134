"""Snapshots: one digest for one content, mapped instead of loaded, and kept on the machine if they are in a bucket."""

from __future__ import annotations

import json
import os
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.warmup import compile_kernels
from augury.datasets.snapshot import (
    NAMES_PART,
    NO_SPLIT,
    PARTS,
    PackedNames,
    Snapshot,
    digest_of,
    write_snapshot_folder,
)
from store.files.artifacts import ArtifactMissingError, Artifacts, CacheSettings
from store.files.snapshot_cache import SnapshotCacheError
from store.files.snapshots import load_snapshot, store_snapshot_folder
from tests.store.listing import names_below
from tests.store.snapshots import store_snapshot

MEBIBYTE = 2**20


def _snapshot(seed: int = 0, **changes: Any) -> Snapshot:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 4, 5, 3), np.uint8)
    values = {"images": pixels, "labels": np.arange(6, dtype=np.int64) % 2, "class_names": ["cat", "dog"]}
    return Snapshot(**(values | changes))


SPLITS = np.array([0, 0, 1, 2, NO_SPLIT, 0], np.int8)
GROUPS = np.array([0, 1, 0, 2, 2, 1], np.int64)


class CountingArtifacts(Artifacts):
    """Real artifacts that remember what was downloaded."""

    def __init__(self, url: str, cache: CacheSettings) -> None:
        super().__init__(url, cache)
        self.fetched: list[str] = []

    def get_file(self, name: str, target: Path) -> None:
        """Download, and remember the name."""
        self.fetched.append(name)
        super().get_file(name, target)


@pytest.fixture(params=["folder", "bucket"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    """Artifacts in an empty folder, and in an empty bucket."""
    if request.param == "folder":
        return Artifacts(str(tmp_path / "artifacts"))
    return Artifacts(f"s3://{request.getfixturevalue('bucket')}/x", CacheSettings(tmp_path / "cache"))


@pytest.fixture
def remote(tmp_path: Path) -> CountingArtifacts:
    """Artifacts that are not files of this machine, with an empty cache that is."""
    return CountingArtifacts(f"memory://{tmp_path.name}-{id(tmp_path)}", CacheSettings(tmp_path / "cache"))


def _load_anew(artifacts: Artifacts, digest: str) -> Snapshot:
    """As a process does that has not loaded it before."""
    return load_snapshot.__wrapped__(artifacts, digest)


# -- content -----------------------------------------------------------------------------------------------------------


def test_everything_that_was_stored_comes_back(tmp_path: Path) -> None:
    """Pixels, labels, classes, sources, splits and groups."""
    artifacts = Artifacts(str(tmp_path / "artifacts"))
    stored = _snapshot(names=[f"{number}.png" for number in range(6)], splits=SPLITS, groups=GROUPS)
    loaded = load_snapshot(artifacts, store_snapshot(artifacts, stored))
    for part in ("images", "labels", "splits", "groups"):
        np.testing.assert_array_equal(getattr(loaded, part), getattr(stored, part))
        assert getattr(loaded, part).dtype == getattr(stored, part).dtype
    assert (loaded.class_names, list(loaded.names)) == (stored.class_names, stored.names)


@given(
    count=st.integers(1, 5),
    dtype=st.sampled_from([np.uint8, np.uint16, np.float32]),
    has_splits=st.booleans(),
    has_groups=st.booleans(),
    seed=st.integers(0, 100),
)
def test_a_folder_has_the_digest_of_what_was_written_into_it(
    tmp_path_factory: pytest.TempPathFactory, count: int, dtype: Any, has_splits: bool, has_groups: bool, seed: int
) -> None:
    """Whether it is computed from arrays or from files, and whatever a snapshot has."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, 3, count)
    snapshot = Snapshot(
        images=random.integers(0, 255, (count, 2, 3, 1)).astype(dtype),
        labels=random.integers(0, 2, count, np.int64),
        class_names=["a", "Ω"],
        splits=random.integers(-1, 3, count).astype(np.int8) if has_splits else None,
        groups=np.unique(groups, return_inverse=True)[1].astype(np.int64) if has_groups and count == 1 else None,
    )
    folder = tmp_path_factory.mktemp("snapshot")
    write_snapshot_folder(folder, snapshot)
    assert digest_of(folder) == snapshot.digest()


def test_splits_and_groups_are_content_and_names_are_not() -> None:
    """What changes a training changes the digest; how the files were called does not."""
    digests = [
        _snapshot(**changes).digest()
        for changes in ({}, {"splits": SPLITS}, {"splits": SPLITS[::-1]}, {"groups": GROUPS}, {"groups": GROUPS[::-1]})
    ]
    assert len(set(digests)) == len(digests)
    assert _snapshot(names=["x"] * 6).digest() == digests[0]


def test_groups_are_numbered_in_order_of_appearance(tmp_path: Path) -> None:
    """Patients that get other names are the same groups, and the same content."""
    digests = set()
    for names in (["p1", "p2", "p1"], ["z", "a", "z"]):
        write_snapshot_folder(
            tmp_path, _snapshot(images=np.zeros((3, 1, 1, 1), np.uint8), labels=np.zeros(3, np.int64))
        )
        meta = (tmp_path / "meta.json").read_text().replace('"groups": null', f'"groups": {names}'.replace("'", '"'))
        (tmp_path / "meta.json").write_text(meta)
        digests.add(digest_of(tmp_path))
    assert len(digests) == 1


def test_the_first_snapshots_can_still_be_loaded(tmp_path: Path) -> None:
    """Their description had class names and nothing else."""
    artifacts = Artifacts(str(tmp_path))
    digest = store_snapshot(artifacts, _snapshot())
    artifacts.write(f"datasets/{digest}/meta.json", b'{"class_names": ["cat", "dog"]}')
    artifacts.delete(f"datasets/{digest}/{NAMES_PART}")
    loaded = load_snapshot(artifacts, digest)
    assert (list(loaded.names), loaded.splits, loaded.groups, loaded.digest()) == ([], None, None, digest)


def test_names_of_snapshots_that_list_them_can_still_be_loaded(anywhere: Artifacts) -> None:
    """Earlier ones have them in their description and no file for them, in a bucket, too."""
    names = [f"{number}.png" for number in range(6)]
    digest = store_snapshot(anywhere, _snapshot())
    anywhere.write(f"datasets/{digest}/meta.json", json.dumps({"class_names": ["cat", "dog"], "names": names}).encode())
    anywhere.delete(f"datasets/{digest}/{NAMES_PART}")
    assert list(load_snapshot(anywhere, digest).names) == names


def test_names_take_no_memory_before_they_are_asked_for(tmp_path: Path) -> None:
    """Of 100,000 names, whose strings alone take 15 MB, loading makes none and reading some makes these."""
    count = 100_000
    artifacts = Artifacts(str(tmp_path))
    names = [f"train/a folder with a long name/{number:040}.png" for number in range(count)]
    black = np.zeros((count, 1, 1, 1), np.uint8)
    digest = store_snapshot(artifacts, Snapshot(black, np.zeros(count, np.int64), ["a"], names))
    tracemalloc.start()
    try:
        loaded = load_snapshot(artifacts, digest).names
        some = [loaded[0], loaded[71_234], *loaded[-2:]]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(loaded), some) == (count, [names[0], names[71_234], *names[-2:]])
    assert peak < MEBIBYTE


@given(st.lists(st.text(st.characters(codec=None), max_size=5), max_size=8))
def test_names_are_kept_whatever_they_are_made_of(names: list[str]) -> None:
    """Empty ones, line breaks, halves of surrogate pairs; and as any sequence they have an end."""
    packed = PackedNames(PackedNames.pack(names))
    assert list(packed) == names
    assert packed[1:] == names[1:]
    with pytest.raises(IndexError):
        packed[len(names)]


# -- storing -----------------------------------------------------------------------------------------------------------


def test_a_folder_is_moved_into_the_store(tmp_path: Path) -> None:
    """No second copy of the pixels is made where store and workspace are on one disk."""
    artifacts = Artifacts(str(tmp_path / "artifacts"))
    folder = tmp_path / "made"
    write_snapshot_folder(folder, _snapshot())
    inode = (folder / "images.npy").stat().st_ino
    store_snapshot_folder(artifacts, folder, "digest")
    stored = artifacts.local_path("datasets/digest/images.npy")
    assert stored is not None
    assert stored.stat().st_ino == inode


def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    """The second time nothing is written."""
    artifacts = Artifacts(str(tmp_path))
    paths = [artifacts.local_path(f"datasets/{store_snapshot(artifacts, _snapshot())}/images.npy") for _ in range(2)]
    assert paths[0] == paths[1]
    before = os.stat(str(paths[0])).st_ino
    store_snapshot(artifacts, _snapshot())
    assert os.stat(str(paths[0])).st_ino == before


def test_what_is_stored_in_part_is_stored_again(tmp_path: Path) -> None:
    """A worker that was killed between the files, or a removal that was, leaves nothing that stays broken."""
    artifacts = Artifacts(str(tmp_path))
    for part in PARTS:
        digest = store_snapshot(artifacts, _snapshot())
        artifacts.delete(f"datasets/{digest}/{part}")
        assert store_snapshot(artifacts, _snapshot()) == digest
        assert _load_anew(artifacts, digest).digest() == digest


def test_several_may_store_the_same_at_once(tmp_path: Path) -> None:
    """Two workers that read the same images do not disturb each other, nor whoever loads them meanwhile."""
    artifacts = Artifacts(str(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(lambda _: store_snapshot(artifacts, _snapshot()), range(20)))
    (digest,) = digests
    assert _load_anew(artifacts, digest).digest() == digest
    assert len(names_below(artifacts, "datasets")) == len(PARTS)


# -- larger than memory ------------------------------------------------------------------------------------------------


def test_images_are_mapped_and_not_read(tmp_path: Path) -> None:
    """Loading 256 MiB of images takes next to no memory, and neither does augmenting or showing a few of them."""
    artifacts = Artifacts(str(tmp_path))
    digest = _store_sparse(artifacts, images=1024)
    compile_kernels()  # which takes memory of its own where nobody has done it yet
    tracemalloc.start()
    try:
        snapshot = load_snapshot(artifacts, digest)
        pipeline = Pipeline(ImageDataGeneratorSpec(rotation_range=20, horizontal_flip=True, rescale=1 / 255))
        indices = np.array([3, 1000, 17], np.int64)
        draws = pipeline.draw(snapshot.images.shape[1:], seed=1, indices=indices)
        batch = pipeline.augment(snapshot.images, draws, indices)
        sample = snapshot.images[indices]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (batch.shape, sample.shape) == ((3, 256, 256, 4), (3, 256, 256, 4))
    assert snapshot.images.nbytes == 256 * MEBIBYTE
    assert peak < 32 * MEBIBYTE


def test_statistics_are_learned_from_a_map_in_parts(tmp_path: Path) -> None:
    """256 MiB of images would be 1 GiB of floats; only a part of them exists at a time."""
    artifacts = Artifacts(str(tmp_path))
    snapshot = load_snapshot(artifacts, _store_sparse(artifacts, images=1024))
    pipeline = Pipeline(ImageDataGeneratorSpec(featurewise_center=True, featurewise_std_normalization=True))
    tracemalloc.start()
    try:
        pipeline.fit(snapshot.images)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 160 * MEBIBYTE
    assert pipeline.mean is not None
    np.testing.assert_allclose(pipeline.mean.ravel(), snapshot.images[0].mean(axis=(0, 1)) / 1024, rtol=1e-4)


def _store_sparse(artifacts: Artifacts, images: int) -> str:
    """Black images but for the first, whose file takes no room on the disk."""
    folder = artifacts.local_path("made")
    assert folder is not None
    black = np.zeros((1, 256, 256, 4), np.uint8)
    write_snapshot_folder(folder, Snapshot(black, np.zeros(images, np.int64), ["a"]))
    mapped = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (images, 256, 256, 4))
    mapped[0] = np.random.default_rng(0).integers(0, 256, mapped[0].shape)
    mapped.flush()
    store_snapshot_folder(artifacts, folder, "digest")
    return "digest"


def test_a_snapshot_that_is_deleted_stays_readable_where_it_is_mapped(tmp_path: Path) -> None:
    """A trial that runs while its dataset is removed ends as it would have."""
    artifacts = Artifacts(str(tmp_path))
    digest = store_snapshot(artifacts, _snapshot())
    loaded = _load_anew(artifacts, digest)
    artifacts.delete(f"datasets/{digest}")
    assert loaded.digest() == digest
    with pytest.raises(ArtifactMissingError):
        _load_anew(artifacts, digest)


# -- the cache of a bucket's snapshots ---------------------------------------------------------------------------------


def test_a_buckets_snapshot_is_fetched_once(bucket: str, tmp_path: Path) -> None:
    """The second process of the machine maps the files that the first one has fetched."""
    artifacts = CountingArtifacts(f"s3://{bucket}/artifacts", CacheSettings(tmp_path / "cache"))
    digest = store_snapshot(artifacts, _snapshot(splits=SPLITS, groups=GROUPS))
    assert len(names_below(artifacts, "datasets")) == len(PARTS)
    for _ in range(2):
        assert _load_anew(artifacts, digest).digest() == digest
    assert sorted(artifacts.fetched) == sorted(f"datasets/{digest}/{part}" for part in PARTS)


def test_who_comes_while_a_snapshot_is_fetched_waits_for_it(remote: CountingArtifacts) -> None:
    """Ten processes that start at once do not fetch ten times."""
    digest = store_snapshot(remote, _snapshot())
    barrier = threading.Barrier(10)

    def load(_: int) -> str:
        barrier.wait()
        return _load_anew(remote, digest).digest()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(load, range(10))) == {digest}
    assert len(remote.fetched) == len(PARTS)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", ["cut", "changed", "removed"])
def test_a_damaged_copy_is_fetched_again(remote: CountingArtifacts, part: str, damage: str) -> None:
    """Whatever happened to the files since they were checked."""
    digest = store_snapshot(remote, _snapshot())
    _load_anew(remote, digest)
    path = remote.cache.folder / digest / part
    content = path.read_bytes()
    path.unlink()
    if damage != "removed":
        path.write_bytes(content[:-1] if damage == "cut" else content[:-3] + b"~~~")
    assert _load_anew(remote, digest).digest() == digest
    assert path.read_bytes() == content


def test_copies_that_were_only_touched_are_not_fetched_again(remote: CountingArtifacts) -> None:
    """A backup that was put back has other times and the right content."""
    digest = store_snapshot(remote, _snapshot())
    _load_anew(remote, digest)
    os.utime(remote.cache.folder / digest / "images.npy", (1, 1))
    assert _load_anew(remote, digest).digest() == digest
    assert len(remote.fetched) == len(PARTS)


def test_a_snapshot_that_is_damaged_in_the_bucket_is_refused(remote: CountingArtifacts) -> None:
    """It is not trained on, and nothing of it is kept."""
    digest = store_snapshot(remote, _snapshot())
    remote.write(f"datasets/{digest}/labels.npy", remote.read(f"datasets/{digest}/labels.npy")[:-1] + b"\x01")
    with pytest.raises(SnapshotCacheError, match="damaged"):
        _load_anew(remote, digest)
    assert [entry for entry in remote.cache.folder.iterdir() if entry.is_dir()] == []


def test_a_snapshot_that_a_bucket_does_not_have_is_missing(remote: CountingArtifacts) -> None:
    """As in a folder."""
    with pytest.raises(ArtifactMissingError):
        _load_anew(remote, "0" * 64)


def _kept(artifacts: Artifacts) -> set[str]:
    return {entry.name for entry in artifacts.cache.folder.iterdir() if entry.is_dir()}


def _bounded(remote: CountingArtifacts, digests: list[str], kept: int) -> CountingArtifacts:
    """The same artifacts on a machine that keeps so many of the (equally large) snapshots."""
    size = sum(remote.size(f"datasets/{digests[0]}/{part}") for part in PARTS) + 300  # and its notes
    url = f"memory:/{remote._root}"
    return CountingArtifacts(url, CacheSettings(remote.cache.folder, kept * size))


def test_the_least_recently_used_makes_room(remote: CountingArtifacts) -> None:
    """What was looked at lately stays, whenever it was fetched."""
    digests = [store_snapshot(remote, _snapshot(seed)) for seed in range(3)]
    bounded = _bounded(remote, digests, kept=2)
    for digest in (digests[0], digests[1], digests[0], digests[2]):
        _load_anew(bounded, digest)
    assert _kept(bounded) == {digests[0], digests[2]}


def test_what_is_in_use_stays(remote: CountingArtifacts) -> None:
    """A set that is trained on is not taken away for another, even if it was opened long ago; later it may be."""
    digests = [store_snapshot(remote, _snapshot(seed)) for seed in range(3)]
    bounded = _bounded(remote, digests, kept=1)
    in_use = _load_anew(bounded, digests[0]).images[2:]
    _load_anew(bounded, digests[1])
    assert _kept(bounded) == {digests[0], digests[1]}
    del in_use
    _load_anew(bounded, digests[2])
    assert _kept(bounded) == {digests[2]}


def test_a_download_that_was_cut_off_leaves_no_rubbish(remote: CountingArtifacts) -> None:
    """The next one that makes room removes it; one that is still going on is left alone."""
    first, second = (store_snapshot(remote, _snapshot(seed)) for seed in range(2))
    _load_anew(remote, first)
    (remote.cache.folder / f"{second}.1000.abc.partial").mkdir()
    _load_anew(remote, second)
    assert _kept(remote) == {first, second}
