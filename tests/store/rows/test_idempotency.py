"""A create that is sent twice is done once, and answered alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import idempotency
from store.rows.idempotency import Fingerprint, KeyReusedError
from store.rows.tables import JobRow
from tests.store.databases import NOW, new_job

SAME = Fingerprint("f")


def test_a_key_that_never_came_has_no_answer(database: Database) -> None:
    """Only then is there something to do."""
    with database.reading() as session:
        assert idempotency.first_answer(session, DEFAULT_PROJECT, "k", SAME) is None


def test_the_first_answer_is_given_again(database: Database) -> None:
    """The same key with the same request gets what was remembered."""
    with database.writing() as session:
        assert idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)
        idempotency.remember(session, DEFAULT_PROJECT, "k", "job_1", {"id": "job_1"})
    with database.reading() as session:
        assert idempotency.first_answer(session, DEFAULT_PROJECT, "k", SAME) == {"id": "job_1"}


def test_a_key_with_another_request_is_an_error(database: Database) -> None:
    """A reused key would answer a question that was not asked."""
    with database.writing() as session:
        idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)
    with database.reading() as session, pytest.raises(KeyReusedError):
        idempotency.first_answer(session, DEFAULT_PROJECT, "k", Fingerprint("other"))


def test_what_was_sent_before_is_the_same_request_whatever_it_means_now(database: Database) -> None:
    """A version with other defaults takes another meaning from the same body."""
    with database.writing() as session:
        idempotency.reserve(session, DEFAULT_PROJECT, "k", Fingerprint("meant then", "sent"), NOW)
        idempotency.remember(session, DEFAULT_PROJECT, "k", "job_1", {"id": "job_1"})
    with database.reading() as session:
        assert idempotency.first_answer(session, DEFAULT_PROJECT, "k", Fingerprint("meant now", "sent")) == {
            "id": "job_1"
        }
        with pytest.raises(KeyReusedError):
            idempotency.first_answer(session, DEFAULT_PROJECT, "k", Fingerprint("meant now", "something else"))


def test_a_key_is_reserved_once(database: Database) -> None:
    """The second to ask gets False and no exception, within a transaction and across two."""
    with database.writing() as session:
        assert idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)
        assert not idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)
    with database.writing() as session:
        assert not idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)
        assert idempotency.reserve(session, DEFAULT_PROJECT, "another", SAME, NOW)


def test_a_key_is_free_again_when_its_transaction_fails(database: Database) -> None:
    """A request that was not accepted may be repeated under its key."""

    def reserve_and_fail() -> None:
        with database.writing() as session:
            idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        reserve_and_fail()
    with database.writing() as session:
        assert idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW)


def test_sixteen_threads_with_one_key_make_one_job(database: Database) -> None:
    """However many try at once, one creates and the others hear of its job."""
    together = Barrier(16)

    def submit(_: int) -> str:
        together.wait()
        with database.writing() as session:
            first = idempotency.first_answer(session, DEFAULT_PROJECT, "k", SAME)
            if first is None and idempotency.reserve(session, DEFAULT_PROJECT, "k", SAME, NOW):
                job_id = new_job(session).id
                idempotency.remember(session, DEFAULT_PROJECT, "k", job_id, {"id": job_id})
                return job_id
            first = first or idempotency.first_answer(session, DEFAULT_PROJECT, "k", SAME)
            assert first is not None
            return str(first["id"])

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(submit, range(16)))
    with database.reading() as session:
        assert answers == {job.id for job in session.query(JobRow)}
    assert len(answers) == 1


def test_only_old_keys_are_forgotten(database: Database) -> None:
    """A key lives as long as the settings say."""
    with database.writing() as session:
        idempotency.reserve(session, DEFAULT_PROJECT, "old", SAME, NOW - 10)
        idempotency.reserve(session, DEFAULT_PROJECT, "new", SAME, NOW)
        idempotency.forget_older(session, NOW - 5)
        assert idempotency.first_answer(session, DEFAULT_PROJECT, "old", SAME) is None
        assert idempotency.first_answer(session, DEFAULT_PROJECT, "new", SAME) == {}


def test_no_more_keys_are_forgotten_at_once_than_there_is_time_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest go first, and the next sweep goes on with the others."""
    monkeypatch.setattr(idempotency, "MAX_FORGOTTEN_AT_ONCE", 2)
    with database.writing() as session:
        for age in range(1, 6):
            idempotency.reserve(session, DEFAULT_PROJECT, f"{age} old", SAME, NOW - age)
        idempotency.forget_older(session, NOW)
        left = [
            age
            for age in range(1, 6)
            if idempotency.first_answer(session, DEFAULT_PROJECT, f"{age} old", SAME) is not None
        ]
    assert left == [1, 2, 3]
