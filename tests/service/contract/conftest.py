"""A service behind its real server, its document, and a key to all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from tests.servers import PATIENCE_SECONDS
from tests.service.auth.conftest import new_key
from tests.service.conftest import application, listening
from tests.store.databases import migrated_copy


class Served(NamedTuple):
    """A service, and what it says of itself."""

    document: Path
    url: str
    key: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The file of the document, and how to reach the service behind its real server: its address, and a key to all."""
    folder = tmp_path_factory.mktemp("contract")
    database = migrated_copy(folder)
    key = new_key(database)
    database.close()
    with listening(application(folder, auth="keys")) as (host, port):
        url, document = f"http://{host}:{port}", folder / "openapi.json"
        # To write it the first time takes longer than tools would wait for it where others are at work.
        document.write_bytes(httpx2.get(f"{url}/openapi.json", timeout=PATIENCE_SECONDS).content)
        yield Served(document, url, key)
