"""Dataset rows: registering, giving up, and which files can go with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.failures import Failure, FailureClass
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import dataset_files, datasets, jobs, leases
from store.rows.tables import DatasetRow
from tests.store.databases import DIGITS, FACTS, NOW, new_job

UPLOAD = {"kind": "upload", "sha256": "a" * 64, "image_size": None}


def _claimed(
    session: Session, reference: dict[str, object], digest: str | None = None
) -> tuple[DatasetRow, leases.Lease]:
    row = datasets.register(session, DEFAULT_PROJECT, reference, NOW)
    session.flush()
    lease = leases.claim(session, leases.INGESTIONS, row.id, owner="me", now=NOW, seconds=15)
    assert lease is not None
    if digest is not None:
        leases.renew(session, lease, now=NOW, seconds=15, digest=digest)
    session.refresh(row)
    return row, lease


def _ready(session: Session, reference: dict[str, object], digest: str = "d" * 64) -> DatasetRow:
    row, lease = _claimed(session, reference)
    datasets.finish_ingestion(session, lease, digest, FACTS, NOW)
    session.refresh(row)
    return row


def _failed(session: Session, reference: dict[str, object], digest: str | None = None) -> DatasetRow:
    row, lease = _claimed(session, reference, digest)
    datasets.fail_ingestion(session, lease, Failure.of(FailureClass.DATASET, "no", "images.none"), NOW)
    session.refresh(row)
    return row


def test_the_same_reference_is_one_dataset_until_it_fails_or_is_deleted(database: Database) -> None:
    """A live one is found again; after a failure or a deletion the reference may be tried anew."""
    with database.writing() as session:
        first = datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW)
        assert datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW) is first
        datasets.delete(session, first.id, NOW)
        second = _failed(session, DIGITS)
        third = datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW)
        assert len({first.id, second.id, third.id}) == 3


def test_a_dataset_can_be_meant_by_its_id(database: Database) -> None:
    """Until it is deleted."""
    with database.writing() as session:
        row = _ready(session, DIGITS)
        by_id = {"kind": "dataset", "id": row.id}
        assert datasets.find(session, DEFAULT_PROJECT, by_id) is row
        datasets.delete(session, row.id, NOW)
        assert datasets.find(session, DEFAULT_PROJECT, by_id) is None


def test_a_deleted_dataset_is_shown_no_more(database: Database) -> None:
    """Not by its id and not in a list."""
    with database.writing() as session:
        row = _ready(session, DIGITS)
        datasets.delete(session, row.id, NOW)
        assert datasets.get(session, DEFAULT_PROJECT, row.id) is None
        assert datasets.page(session, DEFAULT_PROJECT, limit=10, cursor=None).items == []


def test_jobs_that_are_not_over_need_their_dataset(database: Database) -> None:
    """They are named, so that a person knows what stands in the way."""
    with database.writing() as session:
        job = new_job(session)
        assert datasets.jobs_in_need(session, job.dataset_id) == [job.id]
        jobs.cancel(session, job, NOW)
        assert datasets.jobs_in_need(session, job.dataset_id) == []


def test_deleting_a_dataset_that_is_being_ingested_asks_its_worker_to_stop(database: Database) -> None:
    """It is gone once the worker has stopped."""
    with database.writing() as session:
        row, lease = _claimed(session, DIGITS)
        datasets.delete(session, row.id, NOW)
        session.refresh(row)
        assert (row.state, row.cancel_requested_at) == (DatasetState.INGESTING, NOW)
        leases.finish(session, lease, leases.INGESTIONS.cancelled, now=NOW)
        session.refresh(row)
        assert row.state == DatasetState.DELETED


def test_a_list_can_be_narrowed_to_a_kind_of_reference_and_a_state(database: Database) -> None:
    """Each by itself, and newest first."""
    with database.writing() as session:
        builtin, upload = _ready(session, DIGITS), _failed(session, UPLOAD)

        def ids(**narrowed: str) -> list[str]:
            return [
                item.id for item in datasets.page(session, DEFAULT_PROJECT, limit=10, cursor=None, **narrowed).items
            ]

        assert ids() == [upload.id, builtin.id]
        assert ids(kind="upload") == [upload.id]
        assert ids(state="ready") == [builtin.id]


def test_the_digest_is_told_once_the_snapshot_is_ready(database: Database) -> None:
    """While it is being stored it is noted in the row, and means nothing to clients yet."""
    with database.writing() as session:
        row, lease = _claimed(session, DIGITS, digest="e" * 64)
        assert datasets.to_wire(row).digest is None
        datasets.finish_ingestion(session, lease, "e" * 64, FACTS, NOW)
        session.refresh(row)
        assert datasets.to_wire(row).digest == "e" * 64


def _needless(session: Session) -> dict[str, list[str]]:
    return {row.id: names for row, names in dataset_files.needless(session, 10)}


def test_a_deleted_dataset_takes_its_snapshot_and_its_upload_with_it(database: Database) -> None:
    """Nothing of it stays behind."""
    with database.writing() as session:
        row = _ready(session, UPLOAD)
        assert _needless(session) == {}
        datasets.delete(session, row.id, NOW)
        assert _needless(session) == {row.id: [f"datasets/{'d' * 64}", f"uploads/{'a' * 64}"]}


@pytest.mark.parametrize("other_state", ["ready", "being stored"])
def test_a_snapshot_stays_while_another_dataset_has_the_same_content(database: Database, other_state: str) -> None:
    """Even one that is only just storing it."""
    with database.writing() as session:
        row = _ready(session, DIGITS)
        if other_state == "ready":
            _ready(session, UPLOAD)
        else:
            _claimed(session, UPLOAD, digest="d" * 64)
        datasets.delete(session, row.id, NOW)
        assert _needless(session) == {row.id: []}


def test_an_upload_stays_while_another_dataset_was_made_of_it(database: Database) -> None:
    """The same file with other options, or one that failed and may be tried with other options."""
    with database.writing() as session:
        row = _ready(session, UPLOAD)
        _failed(session, UPLOAD | {"image_size": [8, 8]})
        datasets.delete(session, row.id, NOW)
        assert _needless(session) == {row.id: [f"datasets/{'d' * 64}"]}


def test_a_failed_ingestion_leaves_no_snapshot_behind_but_keeps_its_upload_for_a_while(database: Database) -> None:
    """After the retention it is given up like a deleted one."""
    with database.writing() as session:
        row = _failed(session, UPLOAD, digest="f" * 64)
        assert _needless(session) == {row.id: [f"datasets/{'f' * 64}"]}
        dataset_files.forget_failed(session, NOW + 1)
        session.refresh(row)
        assert row.state == DatasetState.DELETED
        assert _needless(session) == {row.id: [f"datasets/{'f' * 64}", f"uploads/{'a' * 64}"]}


def test_fresh_seeds_are_given_out_once(database: Database) -> None:
    """To each content by itself, in one run, and to each project, which learns nothing of what others have used."""
    with database.writing() as session:
        taken = [datasets.take_fresh_seeds(session, DEFAULT_PROJECT, "a" * 64, count) for count in (5, 3, 1)]
        assert taken == [0, 5, 8]
        assert datasets.take_fresh_seeds(session, DEFAULT_PROJECT, "b" * 64, 2) == 0
        assert datasets.take_fresh_seeds(session, "vision", "a" * 64, 2) == 0


def test_of_many_that_take_fresh_seeds_at_once_each_gets_its_own(database: Database) -> None:
    """The row is held until the first has committed."""

    def take(_: int) -> int:
        with database.writing() as session:
            return datasets.take_fresh_seeds(session, DEFAULT_PROJECT, "a" * 64, 5)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(8))) == [5 * number for number in range(8)]
