"""Archives of datasets with splits, and folders that every system can make."""

from __future__ import annotations

import io
import json
import tarfile
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.jobs import AugmentationRequest
from api_schemas.plans import AugmentationPlan
from augury.archives.layout import Layout
from augury.archives.portable_names import MAX_NAME_BYTES, RESERVED, portable_names
from augury.datasets.snapshot import open_snapshot_folder
from augury.planning.augmentation import plan_augmentation
from store.files.artifacts import Artifacts
from tests.augury.archives.samples import body, make_all, snapshot
from tests.augury.stored_cases import read_case
from tests.store.snapshots import store_snapshot


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """An empty folder of artifacts."""
    return Artifacts(str(tmp_path / "artifacts"))


def _job(artifacts: Artifacts, case: str, folder: Path, **changes: Any) -> Layout:
    read = read_case(case, folder)
    request = AugmentationRequest.model_validate(body(**changes))
    digest = store_snapshot(artifacts, open_snapshot_folder(read.folder))
    return Layout("jobs/job_1", digest, read.facts, request, plan_augmentation(request, read.facts))


def _archive(artifacts: Artifacts, job: Layout) -> io.BytesIO:
    make_all(artifacts, job)
    return io.BytesIO(artifacts.read(f"{job.folder}/{job.archive}"))


def _lines(artifacts: Artifacts) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header, *lines = [json.loads(line) for line in artifacts.read("jobs/job_1/manifest.jsonl").splitlines()]
    return header, lines


def test_of_a_dataset_with_splits_only_what_is_trained_on_is_augmented(artifacts: Artifacts, tmp_path: Path) -> None:
    """No copy of an image of another split is in the archive, which says the split and what was left out."""
    job = _job(artifacts, "pets.zip", tmp_path, rounds=2, include_originals=True)
    with zipfile.ZipFile(_archive(artifacts, job)) as archive:
        files = [name for name in archive.namelist() if name.endswith(".png")]
    header, lines = _lines(artifacts)
    assert {name.split("/")[0] for name in files} == {"train"}
    assert {name.split("/")[1] for name in files} == {"cat", "dog"}
    assert {line["split"] for line in lines} == {"train"}
    assert all(line["source_file"].startswith("train/") for line in lines)
    assert len(files) == len(lines) == 3 * sum(job.facts.splits["train"].values())
    assert header["splits"] == ["train"]
    assert header["left_out"] == {name: sum(job.facts.splits[name].values()) for name in ("validation", "test")}
    assert job.plan.warnings[0].startswith("only the ")


def test_the_source_file_is_the_one_whose_pixels_are_in_the_archive(artifacts: Artifacts, tmp_path: Path) -> None:
    """Its name, its class and its pixels belong together."""
    job = _job(artifacts, "pets.zip", tmp_path, splits=["validation"], format="npz", identity_probability=1.0)
    images = np.load(_archive(artifacts, job), allow_pickle=False)["images"]
    source = open_snapshot_folder(next(tmp_path.glob("workspace-*")) / "snapshot")
    _, lines = _lines(artifacts)
    for line, image in zip(lines, images, strict=True):
        assert line["source_file"] == source.names[line["source"]]
        assert f"-{line['class']}-" in line["source_file"]
        np.testing.assert_array_equal(image, source.images[line["source"]])


def test_other_splits_are_augmented_by_name_and_kept_apart(artifacts: Artifacts, tmp_path: Path) -> None:
    """In a folder, a shard and arrays alike."""
    for archive_format in ("zip", "tar", "npz"):
        job = _job(artifacts, "pets.zip", tmp_path, splits=["test", "train"], format=archive_format)
        content = _archive(artifacts, job)
        _, lines = _lines(artifacts)
        splits = [line["split"] for line in lines]
        assert {split: splits.count(split) for split in set(splits)} == {
            name: sum(job.facts.splits[name].values()) for name in ("train", "test")
        }
        if archive_format == "npz":
            arrays = np.load(content, allow_pickle=False)
            assert arrays["splits"].tolist() == splits
            assert len(arrays["images"]) == len(splits)
            continue
        assert [line["file"].split("/")[0] for line in lines] == splits
        if archive_format == "tar":
            with tarfile.open(fileobj=content) as archive:
                names = [name for name in archive.getnames() if name.endswith(".json") and "manifest" not in name]
            assert [name.split("/")[0] for name in names] == splits


def test_an_image_is_changed_alike_whichever_splits_are_augmented(artifacts: Artifacts, tmp_path: Path) -> None:
    """What is drawn hangs on the image, and not on its position in the archive."""
    drawn = {}
    for splits in (["train"], ["train", "test"]):
        make_all(artifacts, _job(artifacts, "pets.zip", tmp_path, splits=splits))
        drawn[len(splits)] = {line["source"]: line["parameters"] for line in _lines(artifacts)[1]}
    assert drawn[1]
    assert all(drawn[2][source] == parameters for source, parameters in drawn[1].items())


def test_a_plan_of_an_earlier_version_is_carried_out_as_it_was_made(artifacts: Artifacts, tmp_path: Path) -> None:
    """All images, in the folders and with the lines that parts made before have."""
    job = _job(artifacts, "pets.zip", tmp_path)
    images = job.facts.images
    plan = AugmentationPlan.model_validate(
        {
            "kind": "augmentation",
            "passes": 1,
            "source_images": images,
            "images": images,
            "images_per_chunk": 5,
            "chunks": 5,
        }
    )
    make_all(artifacts, Layout(job.folder, job.digest, job.facts, job.request, plan))
    header, lines = _lines(artifacts)
    assert [line["source"] for line in lines] == [*range(images)]
    assert {line["file"].split("/")[0] for line in lines} == {"cat", "dog"}
    assert not {"splits", "left_out", "class_folders"} & set(header)
    assert not {"split", "source_file"} & set(lines[0])


@pytest.mark.parametrize("case", ["long.zip", "reserved.zip"])
def test_folders_are_names_that_every_system_can_make(case: str, artifacts: Artifacts, tmp_path: Path) -> None:
    """And the manifest has the classes as they are called."""
    job = _job(artifacts, case, tmp_path)
    with zipfile.ZipFile(_archive(artifacts, job)) as archive:
        folders = {name.split("/")[0] for name in archive.namelist() if name.endswith(".png")}
    header, lines = _lines(artifacts)
    assert header["class_names"] == list(job.facts.classes)
    assert folders == set(header["class_folders"])
    assert len(folders) == len(job.facts.classes)
    assert {line["class"] for line in lines} == set(job.facts.classes)
    for folder in folders:
        assert _is_portable(folder)


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (["con", "prn", "aux"], ["_con", "_prn", "_aux"]),
        (["COM1.tar", "lpt¹", "Nul "], ["_COM1.tar", "_lpt¹", "_Nul"]),
        (["dots...", " spaced "], ["dots", "spaced"]),
        (["A", "a"], ["0_A", "1_a"]),
        (["caf\u00e9", "cafe\u0301"], ["0_caf\u00e9", "1_caf\u00e9"]),
        (["\ufb01sh", "fish"], ["0_\ufb01sh", "1_fish"]),
        (["हिन्दी", "ไทย"], ["हिन्दी", "ไทย"]),
        (["a" * 300, "b"], ["a" * 100, "b"]),
        (["a" * 300, "a" * 299], [f"0_{'a' * 98}", f"1_{'a' * 98}"]),
        (["manifest.jsonl", "x"], ["_manifest.jsonl", "x"]),
        (["a:b", "a?c", 'a"d'], ["a_b", "a_c", "a_d"]),
    ],
)
def test_a_name_is_changed_no_more_than_it_must_be(names: list[str], folders: list[str]) -> None:
    """Devices, endings, case, forms of letters, length, and what a file system forbids."""
    assert portable_names(names, frozenset({"manifest.jsonl"})) == folders


@given(
    st.lists(st.text(max_size=120) | st.sampled_from(["con", "A", "a", "é", "e\u0301", ""]), min_size=1, unique=True)
)
def test_any_names_become_distinct_folders_that_every_system_can_make(names: list[str]) -> None:
    """Whatever a class is called."""
    folders = portable_names(names)
    assert len({unicodedata.normalize("NFD", name).casefold() for name in folders}) == len(names)
    assert all(_is_portable(name) for name in folders)


def _is_portable(name: str) -> bool:
    return (
        0 < len(name.encode()) <= MAX_NAME_BYTES
        and name == name.strip(" .")
        and not set(name) & set('<>:"/\\|?*')
        and min(name) >= " "
        and name.split(".")[0].strip().casefold() not in RESERVED
    )


def test_what_has_no_splits_is_augmented_whole(artifacts: Artifacts) -> None:
    """Names are null where nobody said where an image comes from."""
    request = AugmentationRequest.model_validate(body())
    source = snapshot()
    plan = plan_augmentation(request, source.facts())
    assert (plan.source_images, plan.splits, plan.left_out, plan.warnings) == (12, None, {}, [])
    make_all(artifacts, Layout("jobs/job_1", store_snapshot(artifacts, source), source.facts(), request, plan))
    assert {(line["split"], line["source_file"]) for line in _lines(artifacts)[1]} == {(None, None)}
