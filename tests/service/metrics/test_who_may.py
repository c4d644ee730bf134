"""Who may see the numbers of the whole service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2

from store.ids import DEFAULT_PROJECT
from tests.service.auth.conftest import bearer, guarding
from tests.service.conftest import application, listening


def test_no_key_of_a_project_shows_all_projects(tmp_path: Path) -> None:
    """Not one that may everything else; and a key for metrics shows nothing else."""
    with guarding(tmp_path) as guarded:
        of_project, of_operator = guarded.key("read", "submit", "admin"), guarded.key("metrics")
        assert guarded.ask(of_project, "GET", "/metrics").status_code == 403
        assert guarded.ask(of_operator, "GET", "/metrics").status_code == 200
        assert guarded.ask(of_operator, "GET", "/v1/jobs").status_code == 403


def test_a_projects_administrator_cannot_give_themselves_the_scope(tmp_path: Path) -> None:
    """Only who has the database can, and whom they gave it."""
    with guarding(tmp_path) as guarded:
        made = guarded.client.post(
            "/v1/keys",
            json={"name": "more", "scopes": ["metrics"]},
            headers=bearer(guarded.key("read", "submit", "admin", project=DEFAULT_PROJECT)),
        )
    assert made.status_code == 403
    assert made.json()["type"].endswith(":cannot-grant")


def test_whom_a_proxy_lets_in_does_not_see_them(tmp_path: Path) -> None:
    """It knows users, and not all of them run the service."""
    settings: dict[str, Any] = {"auth": "proxy", "proxy_addresses": ["127.0.0.1"]}
    with listening(application(tmp_path, **settings), **settings) as (host, port), httpx2.Client() as client:
        assert client.get(f"http://{host}:{port}/v1/jobs").status_code == 200
        assert client.get(f"http://{host}:{port}/metrics").status_code == 403
