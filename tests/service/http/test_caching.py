"""Asking again costs little: what a client has already is answered with 304, before the answer is made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from service.http.caching.tags import is_known, strong_tag, weak_tag
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.models import registered
from store.rows.tables import DatasetRow
from tests.store.databases import NOW, running_job
from tests.store.statements import statements

CHANGES = {
    "/v1/jobs": "update jobs set state = 'cancelling'",
    "/v1/jobs?label=a:b": "update jobs set finished_at = 1.0",
    "/v1/jobs/{job}": "update trials set epoch = 1 where id = (select min(id) from trials)",
    "/v1/jobs/{job}/trials": "update trials set batch = 1 where id = (select min(id) from trials)",
    "/v1/datasets": "update datasets set progress = '{\"step\": 1}'",
    "/v1/datasets/{dataset}": "update datasets set state = 'ingesting'",
    "/v1/models": "update registered_models set state = 'failed'",
    "/v1/models/{model}": "update registered_models set progress = '{\"step\": 1}'",
}
"""What changes the answer at each path that has a tag."""
of_every_path = pytest.mark.parametrize("path", CHANGES)


@pytest.fixture
def path_of(database: Database) -> Callable[[str], str]:
    """Where something is that there is."""
    with database.writing() as session:
        job = running_job(session)
        session.execute(
            text("insert into job_labels (job_id, project_id, key, value) values (:id, 'default', 'a', 'b')"),
            {"id": job.id},
        )
        reference: dict[str, object] = {"kind": "path", "path": "/net.keras", "architecture": None}
        model = registered.register(session, DEFAULT_PROJECT, reference, NOW)
        ids = {"job": job.id, "dataset": job.dataset_id, "model": model.id}
    return lambda template: template.format_map(ids)


@of_every_path
def test_what_a_client_has_is_not_sent_again_until_it_changes(
    client: TestClient, database: Database, path_of: Callable[[str], str], path: str
) -> None:
    """304 without a body and with the tag; then, once something has changed, the answer with another tag."""
    first = client.get(path_of(path))
    known = {"If-None-Match": first.headers["ETag"]}
    same = client.get(path_of(path), headers=known)
    assert (same.status_code, same.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert same.headers[name] == first.headers[name]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]
    with database.writing() as session:
        session.execute(text(CHANGES[path]))
    changed = client.get(path_of(path), headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("path", [path for path in CHANGES if path != "/v1/models"])
def test_the_answer_is_not_made_to_find_out_that_it_is_the_same(
    client: TestClient, database: Database, path_of: Callable[[str], str], path: str
) -> None:
    """Neither requests nor plans nor facts are read for a 304."""
    tag = client.get(path_of(path)).headers["ETag"]
    with statements(database) as said:
        assert client.get(path_of(path), headers={"If-None-Match": tag}).status_code == 304
    read = " ".join(said)
    assert not [column for column in (".request,", ".facts", ".reference,", "jobs.plan,", ".result") if column in read]


def test_who_waits_and_says_what_it_has_is_told_at_once_where_that_is_old(
    client: TestClient, database: Database, path_of: Callable[[str], str]
) -> None:
    """What has changed between two requests is not waited for."""
    path = path_of("/v1/jobs/{job}")
    tag = client.get(path).headers["ETag"]
    with database.writing() as session:
        session.execute(text(CHANGES["/v1/jobs/{job}"]))
    news = client.get(path, headers={"Prefer": "wait=60", "If-None-Match": tag})
    assert (news.status_code, news.headers["Preference-Applied"]) == (200, "wait=60")


def test_who_has_waited_in_vain_has_it_still(client: TestClient, path_of: Callable[[str], str]) -> None:
    """304, after the time that it was ready to wait."""
    path = path_of("/v1/jobs/{job}")
    tag = client.get(path).headers["ETag"]
    same = client.get(path, headers={"Prefer": "wait=1", "If-None-Match": tag})
    assert (same.status_code, same.headers["Preference-Applied"]) == (304, "wait=1")
    assert "Prefer" in same.headers["Vary"]


def test_a_tag_opens_nothing(client: TestClient, database: Database, path_of: Callable[[str], str]) -> None:
    """What there is not, or not any more, is not found, whatever the client says that it has."""
    paths = [path_of(path) for path in CHANGES if "{" in path]
    with database.writing() as session:
        for table in ("jobs", "datasets", "registered_models"):
            session.execute(text(f"update {table} set project_id = 'others'"))  # noqa: S608 - names from above
    for path in paths:
        assert client.get(path, headers={"If-None-Match": "*"}).status_code == 404


def test_a_deleted_dataset_is_not_found(client: TestClient, database: Database, path_of: Callable[[str], str]) -> None:
    """Nor is it unchanged."""
    path = path_of("/v1/datasets/{dataset}")
    tag = client.get(path).headers["ETag"]
    with database.writing() as session:
        session.get_one(DatasetRow, path.split("/")[-1]).state = "deleted"
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 404


@given(st.lists(st.binary()), st.booleans())
def test_a_tag_is_found_wherever_it_is_named(others: list[bytes], is_weak: bool) -> None:
    """Among others, with or without its mark, as it is to be compared weakly; and only it is."""
    tag = weak_tag(("a", 1, None)) if is_weak else strong_tag(b"content")
    named = [strong_tag(each) for each in others if each != b"content"]
    assert not is_known(tag, ", ".join(named))
    for form in (tag, tag.removeprefix("W/"), "W/" + tag.removeprefix("W/"), "*"):
        assert is_known(tag, ", ".join([*named, form]))


def test_the_document_says_where_there_are_tags(client: TestClient, path_of: Callable[[str], str]) -> None:
    """304 is declared by whatever answers it, and the header by which it is asked for."""
    assert isinstance(client.app, FastAPI)
    for path in {each.split("?")[0] for each in CHANGES}:
        noun = path.split("/")[2].rstrip("s")
        template = path.replace("{" + noun + "}", "{" + noun + "_id}")
        operation = client.app.openapi()["paths"][template]["get"]
        assert "304" in operation["responses"]
        assert "If-None-Match" in {parameter["name"].title() for parameter in operation["parameters"]}
