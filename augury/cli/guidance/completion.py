"""What could be typed here, for the shell to offer. Whatever goes wrong, it offers less and says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import get_args

import typer

from api_schemas.training.metrics import METRICS
from api_schemas.training.models import ModelName
from augury.client.client import Client
from augury.client.references import BUILTIN
from augury.errors import AuguryError

MAX_OFFERED = 100
MAX_SECONDS = 1.0
"""That a person waits for a service, having pressed a key."""
_STEPS_PER_FOLDER = 1000
"""Entries of a folder that are looked at."""

Offered = list[tuple[str, str]]
"""Words, each with what a shell may say of it."""


def datasets(incomplete: str) -> Offered:
    """Sets that come with Augury, datasets of the service, and files and folders of this machine."""
    built_in = [(name, "comes with Augury") for name in BUILTIN]
    return _beginning(incomplete, [*built_in, *_paths(incomplete), *_ids(_datasets, incomplete, "ds_")])


def dataset_ids(incomplete: str) -> Offered:
    """Datasets of the service."""
    return _beginning(incomplete, _ids(_datasets, incomplete, "ds_"))


def models(incomplete: str) -> Offered:
    """Models by name, those of the service, and files."""
    names = [(name, "by name, with fresh weights") for name in get_args(ModelName)]
    return _beginning(incomplete, [*names, *_ids(_models, incomplete, "model_"), *_paths(incomplete)])


def model_ids(incomplete: str) -> Offered:
    """Models of the service."""
    return _beginning(incomplete, _ids(_models, incomplete, "model_"))


def jobs(incomplete: str) -> Offered:
    """Jobs of the service, newest first."""
    return _beginning(incomplete, _ids(_jobs, incomplete, "job_"))


def metrics(incomplete: str) -> Offered:
    """Metrics that may decide; those that take a class or a number end with a colon."""
    deciding = {name: traits for name, traits in METRICS.items() if traits.why_not_deciding is None}
    return _beginning(
        incomplete,
        [
            (f"{name}:" if traits.takes in ("a class", "a number") else name, traits.title)
            for name, traits in deciding.items()
        ],
    )


def candidates(ctx: typer.Context, incomplete: str) -> Offered:
    """Candidates of the request whose file was named before."""
    found: list[tuple[str, str]] = []
    with suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads(Path(ctx.params["file"]).read_text(encoding="utf-8"))
        found = [(str(each["name"]), "candidate") for each in content["candidates"]]
    return _beginning(incomplete, found)


def _beginning(incomplete: str, words: Iterable[tuple[str, str]]) -> Offered:
    return [(word, says) for word, says in words if word.startswith(incomplete)][:MAX_OFFERED]


def _paths(incomplete: str) -> Iterator[tuple[str, str]]:
    """Below the folder that was typed so far, as it was typed; a folder ends with a slash, to be gone into."""
    typed, _, name = incomplete.rpartition("/")
    prefix = f"{typed}/" if "/" in incomplete else ""
    with suppress(OSError):
        for number, path in enumerate(Path(prefix or ".").expanduser().iterdir()):
            if number >= _STEPS_PER_FOLDER:
                return
            if path.name.startswith(name) and (not path.name.startswith(".") or name):
                yield (f"{prefix}{path.name}/", "folder") if path.is_dir() else (f"{prefix}{path.name}", "file")


def _ids(ask: Callable[[Client], Offered], incomplete: str, prefix: str) -> Offered:
    """What the service has, if it says so within a moment; it is asked only where an id may be meant."""
    found: Offered = []

    def look() -> None:
        with suppress(AuguryError), Client(patience=0) as client:
            found.extend(ask(client))

    if prefix.startswith(incomplete) or incomplete.startswith(prefix):
        asking = Thread(target=look, daemon=True)  # which does not outlive the process
        asking.start()
        asking.join(MAX_SECONDS)
    return list(found)


def _datasets(client: Client) -> Offered:
    return [(each.id, str(each.reference.get("kind", ""))) for each in client.datasets(limit=MAX_OFFERED).items]


def _models(client: Client) -> Offered:
    return [(each.id, str(each.state)) for each in client.models(limit=MAX_OFFERED).items]


def _jobs(client: Client) -> Offered:
    return [(each.id, f"{each.kind}, {each.state}") for each in client.jobs(limit=MAX_OFFERED).items]
