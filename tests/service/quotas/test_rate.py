"""Requests a minute: how many are left is said with every answer, and when there are more where there are none."""

from __future__ import annotations

import re
import time
from pathlib import Path

import anyio
import pytest
from fastapi.testclient import TestClient

from api_schemas.access.limits import Limits
from service import limits_lately as lately
from service.limits_lately import LimitsLately
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.access import projects
from tests.service.auth.conftest import OTHERS, bearer, guarding
from tests.service.conftest import serving
from tests.store.databases import comparison_body, migrated_copy


def test_without_a_limit_nothing_is_said_of_one(client: TestClient) -> None:
    """As on a machine of one's own."""
    assert not {name for name in client.get("/v1/jobs").headers if name.startswith("ratelimit")}


def test_answers_say_how_many_are_left_until_there_are_none(tmp_path: Path) -> None:
    """Whatever is asked for, and whether it is found; the refusal says when there are more. What is public is free."""
    with serving(tmp_path, quota_requests_per_minute=3) as client:
        left = []
        for path in ("/v1/jobs", "/v1/nothing", "/v1/jobs/job_x"):
            answer = client.get(path)
            assert answer.headers["RateLimit-Policy"] == '"requests";q=3;w=60'
            found = re.fullmatch(r'"requests";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
            assert found is not None
            left.append(int(found[1]))
            assert 0 < int(found[2]) <= 60
        assert left == [2, 1, 0]
        refused = client.post("/v1/jobs", json=comparison_body())
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:augury:problem:too-many-requests")
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["RateLimit"].startswith('"requests";r=0;t=')
        assert client.get("/healthz").status_code == 200


def test_a_project_does_not_use_up_what_another_may(tmp_path: Path) -> None:
    """Keys of one project share what it may."""
    with guarding(tmp_path, quota_requests_per_minute=2) as guarded:
        first, second, other = guarded.key(), guarded.key(), guarded.key(project=OTHERS)
        assert [guarded.ask(key, "GET", "/v1/jobs").status_code for key in (first, second, first)] == [200, 200, 429]
        assert guarded.client.get("/v1/jobs", headers=bearer(other)).status_code == 200


def test_a_limit_that_is_changed_holds_two_seconds_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then the database is asked no more; while it is away limits stay as they were."""
    monkeypatch.setattr(lately, "MAX_AGE_SECONDS", 0.2)
    database = migrated_copy(tmp_path)

    async def look() -> list[int | None]:
        limits = LimitsLately(database, Limits(event_streams=5))
        seen = [await limits.max_event_streams(DEFAULT_PROJECT)]
        with database.writing() as session:
            projects.limit(projects.require_known(session, DEFAULT_PROJECT), {"event_streams": 7})
        seen.append(await limits.max_event_streams(DEFAULT_PROJECT))
        await anyio.sleep(0.3)
        seen.append(await limits.max_event_streams(DEFAULT_PROJECT))
        limits._database = Database(f"sqlite:///{tmp_path / 'nothing.db'}")
        await anyio.sleep(0.3)
        seen.append(await limits.max_event_streams(DEFAULT_PROJECT))
        return seen

    started = time.monotonic()
    seen = anyio.run(look)
    database.close()
    assert seen[0] == 5
    assert seen[2:] == [7, 7]
    assert seen[1] == 5 or time.monotonic() - started > 0.2
