"""Where a job is carried out: at a service that is there, or by a stack that lives as long as the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from augury.cli.follow import say
from augury.client.address import DEFAULT_DATA_DIR, FALLBACK_URL, given_url, running_url
from augury.client.client import Client
from augury.errors import AuguryError, NotInstalled

_OF_A_STACK = ("celery", "tensorflow", "uvicorn")
"""What the extra ``local`` brings, and no other has all of."""


@dataclass(frozen=True)
class Place:
    """A service.

    Attributes:
        client: talks to it.
        again: what a later command has to say to come back to it.
        data_dir: where it keeps everything, if it ends with this command; else None.
    """

    client: Client
    again: str = ""
    data_dir: Path | None = None


@contextmanager
def given_service(url: str | None) -> Iterator[Place]:
    """The service at *url*, or wherever one is meant when nobody says so."""
    with Client(url) as client:
        yield Place(client, f" --url {url}" if url else "")


@contextmanager
def own_stack(data_dir: Path) -> Iterator[Place]:
    """A stack of this machine, for the length of the block.

    Raises:
        NotInstalled: the library is here, but not what a stack is made of.
        StackConflict: another stack has the folder.
        StackFailed: it does not come up.
    """
    missing = [name for name in _OF_A_STACK if not _is_installed(name)]
    if missing:
        raise NotInstalled(
            f"a service on this machine takes {', '.join(missing)}, which is not installed: pip install "
            "'augury[local]', or name a service that runs elsewhere by --url or AUGURY_URL"
        )
    from augury.local.interrupts import interrupting
    from augury.local.stack import LocalStack

    with interrupting(), LocalStack(data_dir) as stack, Client(stack.url, key="") as client:
        say(f"Local stack at {stack.url}, logs in {stack.log_dir}")
        try:
            yield Place(client, data_dir=stack.data_dir)
        except KeyboardInterrupt:
            say(f"Stopping. The trials finished so far stay in {stack.data_dir} and will be reused.")
            say("  The same command goes on from there.")
            raise
        say(f"The service of this run ends. `augury up{_option(data_dir)}` starts it again, with what it has stored.")


@contextmanager
def service_or_stack(url: str | None, data_dir: Path | None, *, local: bool = False) -> Iterator[Place]:
    """A service that was named; else one that runs on this machine; else a stack for the length of the block.

    Args:
        url: of the service; by default ``AUGURY_URL``.
        data_dir: where the stack would keep everything; by default where `augury up` does.
        local: start a stack, whatever runs.
    """
    there = None if local else _found(url)
    if there is not None:
        with given_service(there) as place:
            say(f"Service at {place.client.url}")
            yield Place(place.client, f" --url {url}" if url else "")
        return
    if not local:
        say("No service runs here, so one is started for this run. `augury up` starts one that stays.")
    with own_stack(data_dir or DEFAULT_DATA_DIR) as place:
        yield place


def _is_installed(name: str) -> bool:
    """Whether a library could be imported, which would take its time."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of an import hook that refuses it
        return False


def _found(url: str | None) -> str | None:
    """The service to ask. One that was named is, whether or not it answers; port 8000 may be anybody's."""
    return url or given_url() or running_url(DEFAULT_DATA_DIR) or (FALLBACK_URL if _is_augury(FALLBACK_URL) else None)


def _is_augury(url: str) -> bool:
    try:
        with Client(url, key="") as client:  # the key is for a service of which it is known that it is one
            return client.readiness().status != "unavailable"
    except AuguryError:
        return False


def _option(data_dir: Path) -> str:
    return "" if data_dir == DEFAULT_DATA_DIR else f" --data-dir {data_dir}"
