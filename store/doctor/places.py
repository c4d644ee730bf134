"""Where an installation keeps what it has on this machine: who can read it, and how much room there is."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from api_schemas.service.doctor import Finding, fine, problem, warning
from store.settings import StoreSettings

MIN_FREE_BYTES = 2**30
LOW_FREE_BYTES = 5 * 2**30


def examine_places(settings: StoreSettings) -> Iterator[Finding]:
    """The data directory and the artifacts, where they are on this machine."""
    data_dir = settings.data_dir.resolve()
    yield from _folder(data_dir)
    places = {"data": data_dir}
    if "://" not in settings.resolved_artifacts_url:
        places["artifacts"] = Path(settings.resolved_artifacts_url)
    seen: set[int] = set()
    for name, place in places.items():
        there = _existing(place)
        device = there.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield _room(name, there)


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield fine("data folder", f"{folder} is not there yet; it is made when something is kept in it")
        return
    about = folder.stat()
    if about.st_uid != os.getuid():
        says = f"{folder} belongs to another user (number {about.st_uid})"
        yield problem("data folder", says, f"run as that user, or: chown -R {os.getuid()} {folder}")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield problem("data folder", f"{folder} cannot be written", f"chmod 700 {folder}")
    elif stat.S_IMODE(about.st_mode) & 0o077:
        says = f"other users of this machine can look into {folder}"
        yield warning("data folder", says, f"chmod 700 {folder}, or start any part of Augury, which does it")
    else:
        yield fine("data folder", f"{folder} is this user's alone")


def _room(name: str, place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    says = f"{free / 2**30:.1f} GiB are free for the {name}, at {place}"
    remedy = "make room, shorten AUGURY_JOB_RETENTION_DAYS, or lower AUGURY_SNAPSHOT_CACHE_BYTES"
    if free < MIN_FREE_BYTES:
        return problem("disk", says, remedy)
    return warning("disk", says, remedy) if free < LOW_FREE_BYTES else fine("disk", says)


def _existing(place: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(each for each in (place, *place.parents) if each.exists())
