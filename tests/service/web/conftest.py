"""A service that takes keys alone, and its pages as a browser asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service.auth.conftest import Guarded, guarding

PAGE = {"Accept": "text/html,application/xhtml+xml"}
"""What a browser says when it goes somewhere."""
PART = {"Accept": "text/html", "HX-Request": "true"}
"""What a page says when it asks for a part of itself."""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A service of a module's tests, with keys to its first project and to another one."""
    with guarding(tmp_path_factory.mktemp("guarded")) as found:
        yield found
