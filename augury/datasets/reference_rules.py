"""Which references the operator's settings refuse. The service asks at submission, the workers before they fetch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.datasets.settings import IngestSettings, variable_of
from augury.datasets.urls import PORTS, Url, parse_url

SHIPPED = "digits"
"""The built-in dataset that needs no download."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Refusal:
    """What a reference broke."""

    rule: str
    """As in a failure of the dataset: ``url.disabled``."""
    field: str
    """Of the reference."""
    message: str
    """Names the setting that would allow it, where there is one."""


def refusal_of(reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    """Why the settings refuse a reference, as far as its text can tell; None if they do not."""
    check = _CHECKS.get(reference["kind"])
    return None if check is None else check(reference, settings)


def root_of(path: str, roots: Sequence[Path]) -> tuple[Path, list[str]] | None:
    """The innermost root that a path lies below, and the names from there on; None if there is none.

    Only the text is looked at. The path must not contain ``..``.
    """
    parts = _names(path)
    found = [root for root in roots if parts[: len(_names(str(root)))] == _names(str(root))]
    if ".." in parts or not found:
        return None
    root = max(found, key=lambda candidate: len(_names(str(candidate))))
    return root, parts[len(_names(str(root))) :]


def is_listed(url: Url, hosts: Sequence[str]) -> bool:
    """Whether a list of ``host`` and ``host:port`` entries has the URL's host with this port.

    An entry without a port means the scheme's own; no entries at all mean any host at that port.
    """
    if not hosts:
        return url.port == PORTS[url.scheme]
    return url.authority in {entry.lower().removesuffix(f":{PORTS[url.scheme]}") for entry in hosts}


def key_problem(key: str) -> str | None:
    """What keeps an object's key, or a prefix, from naming files in a folder; None if nothing does."""
    parts = key.removesuffix("/").split("/") if key else []
    if any(part in ("", ".", "..") for part in parts):
        return "has an empty part, '.' or '..' between its slashes"
    if _CONTROL.search(key):
        return "has control characters"
    if any(len(part.encode()) > 255 for part in parts):
        return "has a part of more than 255 bytes between its slashes"
    return None


def _names(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _builtin(reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    if reference["name"] == SHIPPED or settings.downloads:
        return None
    return Refusal(
        "builtin.downloads",
        "name",
        f"{reference['name']!r} would have to be downloaded, which this service does not allow; use {SHIPPED!r}, or "
        f"ask its operator to set {variable_of('downloads')}",
    )


def _path(reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    if root_of(reference["path"], settings.roots) is not None:
        return None
    variable = variable_of("roots")
    message = (
        f"got a path outside the folders that {variable} lists (or one with '..'), expected one below them"
        if settings.roots
        else f"this service reads no local paths; upload the images, or ask its operator to set {variable}"
    )
    return Refusal("path.outside_roots", "path", message)


def _url(reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    if not settings.url:
        variable = variable_of("url")
        return Refusal(
            "url.disabled", "url", f"this service fetches no URLs; upload the file, or have its operator set {variable}"
        )
    try:
        url = parse_url(reference["url"])
    except ValueError as error:
        return Refusal("url.host", "url", str(error))
    if url.scheme == "https" and is_listed(url, settings.url_hosts):
        return None
    expected = f"https and one of the hosts in {variable_of('url_hosts')}" if settings.url_hosts else "https, port 443"
    return Refusal("url.host", "url", f"got {url.scheme}://{url.authority}, expected {expected}")


def _bucket(reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    bucket = f"{reference['kind']}://{reference['bucket']}"
    if bucket not in {entry.rstrip("/") for entry in settings.buckets}:
        message = f"{bucket} is not one of the buckets that {variable_of('buckets')} lists"
        return Refusal("bucket.not_allowed", "bucket", message)
    problem = key_problem(reference["key"])
    return (problem and Refusal("bucket.key", "key", f"the key {problem}; such objects cannot be read")) or None


def _huggingface(_reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    if settings.huggingface_endpoint is not None:
        return None
    variable = variable_of("huggingface_endpoint")
    return Refusal("huggingface.disabled", "repository", f"no hub is configured; its operator would set {variable}")


def _weights(_reference: dict[str, Any], settings: IngestSettings) -> Refusal | None:
    if settings.weights_url is not None:
        return None
    message = "this service has no published weights; register a model of your own, or ask its operator to set "
    return Refusal("weights.disabled", "weights", f"{message}{variable_of('weights_url')}")


_CHECKS: dict[str, Callable[[dict[str, Any], IngestSettings], Refusal | None]] = {
    "builtin": _builtin,
    "path": _path,
    "url": _url,
    "s3": _bucket,
    "gs": _bucket,
    "huggingface": _huggingface,
    "weights": _weights,
}
