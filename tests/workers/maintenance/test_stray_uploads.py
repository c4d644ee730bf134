"""Uploads that no dataset refers to are removed after a day."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from api_schemas.datasets.dataset import DatasetState
from store.files.artifacts import Artifacts
from store.files.names import upload_name
from store.ids import DEFAULT_PROJECT
from store.rows import datasets
from store.rows.models import registered
from store.rows.tables import DatasetRow, RegisteredModelRow
from store.settings import SECONDS_PER_DAY
from tests.store.listing import names_below
from workers.context import Context
from workers.maintenance import dataset_files, model_files, needless_files, stray_uploads

NAMES = [f"{number:064x}" for number in range(12)]


@pytest.fixture
def store(context: Context) -> Callable[..., str]:
    """Stores an upload that is some days old, and registers a dataset of it in some state, if one is given."""

    def do(
        name: str,
        days_old: float = 2,
        state: DatasetState | None = None,
        purged_at: float | None = None,
        project: str = DEFAULT_PROJECT,
    ) -> str:
        context.artifacts.write(upload_name(project, name), b"content")
        stored = context.artifacts.local_path(upload_name(project, name))
        assert stored is not None
        then = time.time() - days_old * SECONDS_PER_DAY
        os.utime(stored, (then, then))
        if state is not None:
            with context.database.writing() as session:
                row = datasets.register(session, project, {"kind": "upload", "sha256": name}, time.time())
                row = session.get_one(DatasetRow, row.id)
                row.state, row.purged_at = state, purged_at
        return name

    return do


def _removed(context: Context) -> int:
    count = stray_uploads.bury_stray_uploads(context)
    needless_files.delete(context)
    return count


def _left(context: Context) -> list[str]:
    return sorted(name.rsplit("/", 1)[-1] for name in names_below(context.artifacts, "uploads"))


def test_an_old_upload_without_a_dataset_is_removed(context: Context, store: Callable[..., str]) -> None:
    """A young one is not: its dataset may be about to be registered."""
    store(NAMES[0])
    young = store(NAMES[1], days_old=0.9)
    assert _removed(context) == 1
    assert _left(context) == [young]
    assert _removed(context) == 0


def test_a_project_keeps_its_own_upload_and_no_others(context: Context, store: Callable[..., str]) -> None:
    """A dataset of the same file in one project is no reason to keep the other one's, nor the other way round."""
    kept = store(NAMES[0], state=DatasetState.READY, project="vision")
    store(NAMES[0])
    store(NAMES[1], project="vision")
    assert _removed(context) == 2
    assert _left(context) == [f"{kept}.vision"]


def test_a_deleted_dataset_takes_its_own_projects_upload_with_it(context: Context, store: Callable[..., str]) -> None:
    """Where another project has uploaded the same, that file stays."""
    for project, state in ((DEFAULT_PROJECT, DatasetState.READY), ("vision", DatasetState.DELETED)):
        store(NAMES[0], state=state, project=project)
    dataset_files.bury(context)
    needless_files.delete(context)
    assert _left(context) == [NAMES[0]]


@pytest.mark.parametrize("state", [state for state in DatasetState if state != DatasetState.DELETED])
def test_the_upload_of_a_dataset_stays(state: DatasetState, context: Context, store: Callable[..., str]) -> None:
    """Whatever the dataset's state: a failed one may be read again with other options."""
    kept = store(NAMES[0], state=state)
    assert _removed(context) == 0
    assert _left(context) == [kept]


def test_the_upload_of_a_deleted_dataset_is_left_to_those_who_remove_its_files(
    context: Context, store: Callable[..., str]
) -> None:
    """Until they have done so; what is stored after that belongs to nobody."""
    kept = store(NAMES[0], state=DatasetState.DELETED)
    store(NAMES[1], state=DatasetState.DELETED, purged_at=1.0)
    assert _removed(context) == 1
    assert _left(context) == [kept]


def test_half_a_copy_is_removed_though_its_dataset_is_there(context: Context, store: Callable[..., str]) -> None:
    """A process that was killed while it copied an upload has left it. What is no upload is left alone."""
    kept = store(NAMES[0], state=DatasetState.READY)
    store(f"{NAMES[0]}.{'0' * 32}.partial")
    other = store("README")
    assert _removed(context) == 1
    assert _left(context) == sorted([kept, other])


def test_those_between_many_that_stay_are_found_in_time(
    context: Context, store: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call looks at a few from anywhere on, so that those which stay do not hide the others."""
    monkeypatch.setattr(stray_uploads, "_MAX_AT_ONCE", 3)
    kept = [store(name, state=DatasetState.READY) for name in NAMES[:9]]
    for name in NAMES[9:]:
        store(f"f{name[1:]}")
    starts = iter(["5", "0", "7", "e"])
    monkeypatch.setattr(stray_uploads.secrets, "token_hex", lambda _size: next(starts) * 64)
    assert [_removed(context) for _ in range(4)] == [3, 0, 0, 0]
    assert _left(context) == kept


def test_uploads_in_a_bucket_are_looked_at_too(context: Context, bucket: str) -> None:
    """By the time that the bucket says; those that were just stored stay."""
    there = dataclasses.replace(context, artifacts=Artifacts(f"s3://{bucket}/a"))
    assert _removed(there) == 0
    there.artifacts.write(upload_name(DEFAULT_PROJECT, NAMES[0]), b"content")
    assert abs(there.artifacts.modified_at(upload_name(DEFAULT_PROJECT, NAMES[0])) - time.time()) < SECONDS_PER_DAY / 2
    assert _removed(there) == 0
    assert there.artifacts.some_names("uploads", start="f", limit=5) == [NAMES[0]]


def test_a_listing_begins_anywhere_and_goes_round(tmp_path: Path) -> None:
    """No longer than asked for, and nothing of folders inside."""
    artifacts = Artifacts(str(tmp_path))
    for name in ("a", "b", "c", "d", "inner/e"):
        artifacts.write(f"uploads/{name}", b"")
    assert artifacts.some_names("uploads", start="c", limit=3) == ["c", "d", "a"]
    assert artifacts.some_names("uploads", start="bb", limit=1) == ["c"]
    assert artifacts.some_names("uploads", start="", limit=9) == ["a", "b", "c", "d"]
    assert artifacts.some_names("nothing", start="", limit=9) == []


def test_the_upload_of_a_model_stays(context: Context, store: Callable[..., str]) -> None:
    """As a dataset's does; and where both have the same file, it goes with the last of them."""
    kept = store(NAMES[0], state=DatasetState.READY)
    with context.database.writing() as session:
        model = registered.register(
            session, DEFAULT_PROJECT, {"kind": "upload", "sha256": NAMES[0], "architecture": None}, 0.0
        )
    assert _removed(context) == 0
    with context.database.writing() as session:
        dataset = session.scalars(select(DatasetRow)).one()
        datasets.delete(session, dataset.id, 1.0)
    _sweep(context)
    assert _left(context) == [kept]
    with context.database.writing() as session:
        registered.delete(session, session.get_one(RegisteredModelRow, model.id), 1.0)
    _sweep(context)
    assert _left(context) == []


def _sweep(context: Context) -> None:
    dataset_files.bury(context)
    model_files.bury(context)
    needless_files.delete(context)
