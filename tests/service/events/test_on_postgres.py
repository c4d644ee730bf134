"""Streams over a PostgreSQL, where transactions may come to be seen in another order than their events' ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from service.main import create_app
from service.settings import ServiceSettings
from store.database import Database
from store.rows import events
from tests.service.conftest import UNREACHABLE, listening
from tests.service.events.conftest import Served
from tests.service.events.hearing import hearing, stored
from tests.store.databases import NOW


def test_an_event_that_is_committed_late_reaches_whoever_listens_and_whoever_comes_again(
    new_postgres: Callable[[], str], tmp_path: Path
) -> None:
    """Neither the stream that is open meanwhile nor the id that it gives to go on from leaves it out."""
    url = new_postgres()
    database = Database(url)
    app = create_app(ServiceSettings(data_dir=tmp_path, database_url=url, broker_url=UNREACHABLE))
    with listening(app) as address:
        service = Served(app, address)
        slow, fast = service.new_job(), service.new_job()
        with hearing(address, "/v1/events") as heard:
            first = service.new_job()
            assert next(heard).data["job_id"] == first
            with database.writing() as session:
                events.append(session, slow, "phase", NOW)
                session.flush()
                service.tell(fast)
            told = [next(stored(heard)) for _ in range(2)]
        assert [event.data["job_id"] for event in told] == [slow, fast]
        with hearing(address, f"/v1/events?after={told[0].id}") as heard:
            assert next(heard).id == told[1].id
        service.end(fast)
        with hearing(address, f"/v1/jobs/{fast}/events") as heard:
            assert [event.name for event in heard if event.name != "progress"][-2:] == ["cancelled", "done"]
    database.close()
