"""``path`` references: nothing outside the roots is read, whatever links and races there are."""

from __future__ import annotations

import os
import pwd
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from augury.datasets.errors import DatasetError
from augury.datasets.sources import fetch
from augury.datasets.sources.base import Fetched
from augury.datasets.sources.paths import open_below
from tests.augury.datasets.sources.fetches import content_of, files_of, request_for

SECRET = b"secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file and a folder in it, and a secret beside it."""
    (tmp_path / "secret").write_bytes(SECRET)
    root = tmp_path / "root"
    (root / "flowers" / "rose").mkdir(parents=True)
    (root / "flowers" / "rose" / "1.png").write_bytes(b"one")
    (root / "flowers.zip").write_bytes(b"zip")
    return root


def _fetch(root: Path, path: Path | str, **settings: Any) -> Fetched:
    reference = {"kind": "path", "path": str(path)}
    request = request_for(root.parent, reference, **({"roots": [root]} | settings))
    fetched = fetch(request)
    assert isinstance(fetched, Fetched)
    return fetched


def _rule(root: Path, path: Path | str, **settings: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        _fetch(root, path, **settings)
    return caught.value.rule


def test_a_file_below_a_root_is_opened_where_it_lies(root: Path) -> None:
    """Under its own name, with nothing copied."""
    fetched = _fetch(root, root / "flowers.zip")
    assert fetched.name == "flowers.zip"
    assert content_of(fetched) == b"zip"
    assert list((root.parent / "workspace").iterdir()) == []


def test_a_folder_below_a_root_is_opened_where_it_lies(root: Path) -> None:
    """And so is the root itself."""
    assert files_of(_fetch(root, root / "flowers")) == {"rose/1.png": b"one"}
    assert set(files_of(_fetch(root, root))) == {"flowers/rose/1.png", "flowers.zip"}


def test_a_root_may_be_a_link_of_the_operators(root: Path) -> None:
    """Who configures a root knows where it leads."""
    (root.parent / "alias").symlink_to(root)
    assert content_of(_fetch(root, root.parent / "alias" / "flowers.zip", roots=[root.parent / "alias"])) == b"zip"


def test_what_is_outside_the_roots_is_refused(root: Path) -> None:
    """By its name, without a look at whether it is there."""
    for path in (root.parent / "secret", root.parent / "nothing", "/etc/passwd", f"{root}-other", root.parent):
        assert _rule(root, path) == "path.outside_roots"
    for path in (f"{root}/../secret", f"{root}/flowers/../../secret", f"{root}/.."):
        assert _rule(root, path) == "path.outside_roots"


@pytest.mark.parametrize("target", ["secret", "root/flowers.zip", "root/flowers", "nothing"])
@pytest.mark.parametrize("link", ["link", "flowers/link"])
def test_no_link_is_followed(root: Path, target: str, link: str) -> None:
    """Wherever it is and wherever it leads, even to a folder inside the root or to nowhere."""
    (root / link).symlink_to(root.parent / target)
    assert _rule(root, root / link) == "path.link"
    assert _rule(root, root / link / "rose") == "path.link"


@pytest.mark.parametrize("path", ["nothing", "flowers.zip/inside", "flowers/nothing/at/all", "x" * 300])
def test_what_is_not_there_is_missing(root: Path, path: str) -> None:
    """A file is no folder, either."""
    assert _rule(root, root / path) == "path.missing"


def test_pipes_sockets_and_devices_are_refused_at_once(root: Path) -> None:
    """None of them makes the worker wait."""
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
        assert _rule(root, root / "pipe") == "path.not_a_file"
        assert _rule(root, root / "socket") == "path.not_a_file"
    assert _rule(root, "/dev/null", roots=["/dev"]) == "path.not_a_file"


@contextmanager
def _folder_of_a_user_without_privileges() -> Iterator[Path]:
    """Root may read everything: it acts as another user in here, outside pytest's folder, which only root may enter."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() != 0:
            yield Path(folder)
            return
        user = pwd.getpwnam("nobody").pw_uid
        os.chown(folder, user, -1)
        os.seteuid(user)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_what_may_not_be_read_is_said_so() -> None:
    """So that the operator changes the permissions and not the request."""
    with _folder_of_a_user_without_privileges() as folder:
        file = folder / "root" / "flowers.zip"
        file.parent.mkdir()
        file.write_bytes(b"zip")
        assert content_of(_fetch(file.parent, file)) == b"zip"
        file.chmod(0)
        assert _rule(file.parent, file) == "path.denied"


def test_a_file_larger_than_allowed_is_refused(root: Path) -> None:
    """Before any of it is read, and with the limit's variable."""
    with pytest.raises(DatasetError, match="AUGURY_INGEST_MAX_BYTES") as caught:
        _fetch(root, root / "flowers.zip", max_bytes=2)
    assert caught.value.rule == "path.too_large"


def test_no_descriptor_is_lost_on_the_way(root: Path) -> None:
    """Neither when a path is opened nor when it is refused."""
    (root / "link").symlink_to(root)
    before = set(os.listdir("/proc/self/fd"))
    os.close(_fetch(root, root / "flowers" / "rose" / "1.png").descriptor)
    for path in ("flowers/nothing", "link", "flowers.zip/a"):
        _rule(root, root / path)
    _rule(root, root / "flowers.zip", max_bytes=1)
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere_else(root: Path) -> None:
    """While somebody swaps a folder for a link to the outside and back, only the file inside is ever read."""
    (root.parent / "outside").mkdir()
    (root.parent / "outside" / "1.png").write_bytes(SECRET)
    folder, aside = root / "flowers" / "rose", root / "flowers" / "aside"
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            folder.rename(aside)
            folder.symlink_to(root.parent / "outside")
            folder.unlink()
            aside.rename(folder)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        outcomes = {_outcome(root) for _ in range(2000)}
        # On a busy machine the two threads may take turns that never meet the folder.
        give_up_at = time.monotonic() + 30
        while b"one" not in outcomes and time.monotonic() < give_up_at:
            outcomes.add(_outcome(root))
    finally:
        done.set()
        swapping.join()
    assert b"one" in outcomes
    assert outcomes <= {b"one", "path.link", "path.missing"}


def _outcome(root: Path) -> bytes | str:
    try:
        descriptor = open_below(root, ["flowers", "rose", "1.png"])
    except DatasetError as error:
        return error.rule
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
