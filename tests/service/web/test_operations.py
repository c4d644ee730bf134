"""``/operations``: what is shown to whom, and that it is what the interface says."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from api_schemas.access.usage import LimitName
from api_schemas.chunks import ChunkRole
from service.quotas.usage import LIMIT_ORDER
from service.web.operations.overview import CHECKS, KINDS, path_of
from service.web.operations.usage import LABELS, size
from store.ids import DEFAULT_PROJECT
from store.rows import handout
from store.rows.access import projects
from store.rows.access.keys import belonging_to
from store.rows.upkeep import workers_seen
from tests.service.auth.conftest import OTHERS, Guarded, bearer, guarding
from tests.service.web.conftest import PAGE
from tests.store.databases import comparison, running_job

ADMIN_ONLY = ("/operations/keys", "/operations/webhooks", "/operations/audit")
HOOK = {"url": "https://localhost/hooks/augury", "description": "the team's <channel>"}


@pytest.fixture
def own(tmp_path: Any) -> Any:
    """A service that takes keys, of a test's own."""
    with guarding(tmp_path) as found:
        yield found


def _shown(guarded: Guarded, key: str, path: str, status: int = 200) -> str:
    answer = guarded.client.get(path, headers=PAGE | bearer(key))
    assert answer.status_code == status, answer.text
    return answer.text


def _job(guarded: Guarded, project: str, first_seed: int, worker: str | None = None) -> str:
    """A job of which nothing is done, or one trial by a worker."""
    with guarded.database.writing() as session:
        now = guarded.database.now(session)
        projects.create(session, project, now)
        request = comparison(evaluation={"seeds": 3, "first_seed": first_seed})
        job = running_job(session, request, now=now, project=project)
        workers_seen.note(session, "cpu", now)
        if worker is not None:
            assert handout.claim_next(session, "cpu", owner=worker, now=now, seconds=60) is not None
        return job.id


def test_what_waits_is_shown_with_why(own: Guarded) -> None:
    """With a link to what it is for."""
    job = _job(own, DEFAULT_PROJECT, 0)
    shown = unescape(_shown(own, own.key("read"), "/operations"))
    assert "6 trials" in shown
    assert f'href="/jobs/{job}"' in shown
    assert "it is next: a worker for 'cpu' takes it as soon as one is free" in shown
    assert CHECKS["broker"][1] in shown


def test_of_others_nothing_is_shown_without_the_scope_for_it(own: Guarded) -> None:
    """Neither their queues, nor their jobs, nor workers; with the scope metrics all of it is."""
    others = _job(own, OTHERS, 100, worker="secret-host:1")
    reader = _shown(own, own.key("read", "submit", "admin"), "/operations")
    assert others not in reader
    assert "secret-host" not in reader
    assert "of all projects" not in reader
    operator = _shown(own, own.key("read", "metrics"), "/operations")
    assert others in operator
    assert "secret-host:1" in operator
    assert "Queues, of all projects" in operator


@pytest.mark.parametrize("seen", [True, False])
def test_workers_for_jax_are_shown_where_there_are_some(own: Guarded, seen: bool) -> None:
    """Most installations have none, and nothing is missed there."""
    _job(own, DEFAULT_PROJECT, 0)
    if seen:
        with own.database.writing() as session:
            workers_seen.note(session, "cpu-jax", own.database.now(session))
    shown = _shown(own, own.key("read", "metrics"), "/operations")
    assert ("cpu-jax" in shown) == seen
    assert "gpu-jax" not in shown


def test_ones_own_work_is_shown_without_the_machines_name(own: Guarded) -> None:
    """Whoever uses the service needs to know nothing of these."""
    _job(own, DEFAULT_PROJECT, 0, worker="secret-host:1")
    shown = _shown(own, own.key("read"), "/operations/parts/now")
    assert "<td>trial</td>" in shown
    assert "secret-host" not in shown
    assert "<html" not in shown


@pytest.mark.parametrize("path", ADMIN_ONLY)
def test_what_takes_the_scope_admin_says_so(path: str, guarded: Guarded) -> None:
    """On a page, with what the key has; and its tab is not there."""
    key = guarded.key("read")
    assert "this takes a key with the scope admin" in _shown(guarded, key, path, 403)
    shown = _shown(guarded, key, "/operations")
    assert path not in shown
    assert "which yours does not have" in shown


def test_keys_are_listed_without_what_it_takes_to_use_them(guarded: Guarded) -> None:
    """Those of the project alone, with buttons to end and to replace them."""
    key, others = guarded.key(), guarded.key(project=OTHERS)
    shown = _shown(guarded, key, "/operations/keys")
    assert key not in shown
    with guarded.database.reading() as session:
        ids = [row.id for row in (belonging_to(session, key), belonging_to(session, others)) if row is not None]
    assert [each in shown for each in ids] == [True, False]
    assert 'data-method="DELETE"' in shown
    assert "&#34;replaces&#34;" in shown


def test_nobody_is_offered_to_give_more_than_they_have(guarded: Guarded) -> None:
    """The form has one's own scopes."""
    shown = _shown(guarded, guarded.key("admin", "read"), "/operations/keys")
    assert 'value="admin"' in shown
    assert 'value="submit"' not in shown


def test_a_webhook_is_shown_with_its_messages(own: Guarded) -> None:
    """What was written of it as text, and what can be done."""
    key = own.key()
    made = own.ask(key, "POST", "/v1/webhooks", json=HOOK).json()
    listed = _shown(own, key, "/operations/webhooks")
    assert "the team&#39;s &lt;channel&gt;" in listed
    assert made["secret"] not in listed
    own.ask(key, "POST", f"/v1/webhooks/{made['id']}/test")
    shown = _shown(own, key, f"/operations/webhooks/{made['id']}")
    assert "webhook.ping" in shown
    assert "Pause" in shown
    assert "Attempts fail" not in shown
    assert "webhook.ping" in _shown(own, key, f"/operations/webhooks/{made['id']}?state=")
    assert "webhook.ping" not in _shown(own, key, f"/operations/webhooks/{made['id']}?state=failed")


def test_nobody_sees_a_webhook_of_another_project(own: Guarded) -> None:
    """It is as if it were not there."""
    made = own.ask(own.key(), "POST", "/v1/webhooks", json=HOOK).json()
    _shown(own, own.key(project=OTHERS), f"/operations/webhooks/{made['id']}", 404)


def test_usage_is_shown_beside_its_limits(tmp_path: Any) -> None:
    """As a share where there is a limit, and as a number in any case."""
    with guarding(tmp_path, quota_jobs_waiting=4) as found:
        _job(found, DEFAULT_PROJECT, 0)
        shown = _shown(found, found.key("read"), "/operations/usage")
    assert 'value="0.25"' in shown
    assert "25.0%" in shown
    assert "Open streams of events" in shown


def test_the_audit_trail_is_narrowed_by_its_form(own: Guarded) -> None:
    """What is left empty narrows nothing."""
    key = own.key()
    made = own.ask(key, "POST", "/v1/keys", json={"name": "x"}).json()
    everything = _shown(own, key, "/operations/audit?action=&key=&subject=&object=&outcome=")
    assert "create_key" in everything
    assert made["id"] in _shown(own, key, f"/operations/audit?object={made['id']}")
    assert "create_key" not in _shown(own, key, "/operations/audit?outcome=refused")


def test_every_limit_and_every_unit_of_work_has_words() -> None:
    """Whatever there is to be limited or to be done."""
    names: tuple[LimitName, ...] = LIMIT_ORDER
    assert LABELS.keys() == set(names)
    assert KINDS.keys() >= {*ChunkRole, "plan", "trial", "conclusion", "dataset", "model", "message"}


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (3 * 2**40, "3.0 TiB")]
)
def test_sizes_are_said_in_words(amount: int, words: str) -> None:
    """In steps of 1024."""
    assert size(amount) == words


@pytest.mark.parametrize(
    ("identifier", "path"),
    [("job_1", "/jobs/job_1"), ("ds_1", "/datasets/ds_1"), ("wh_1", "/operations/webhooks/wh_1"), ("x", None)],
)
def test_what_has_a_page_is_linked(identifier: str, path: str | None) -> None:
    """By how its id begins."""
    assert path_of(identifier) == path
