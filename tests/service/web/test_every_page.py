"""What holds for every page that there is or will be."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from service.auth.middleware import is_public
from service.web.routes import router
from tests.service.auth.conftest import Guarded
from tests.service.auth.test_matrix import _routes as routes_of
from tests.service.web.conftest import PAGE

PAGES = [route.path for route in routes_of(router.routes) if not is_public(route.path)]


def test_pages_only_show() -> None:
    """Whatever is changed is changed by a route of the interface, which programs have, too."""
    routes: list[APIRoute] = list(routes_of(router.routes))
    assert [route.path for route in routes if route.methods != {"GET"}] == []


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_being_known(path: str, guarded: Guarded) -> None:
    """They are led to signing in."""
    answer = guarded.client.get(path, headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")
