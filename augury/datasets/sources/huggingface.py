"""``huggingface`` references: the Parquet files of a dataset, from the hub that the operator has named."""

from __future__ import annotations

import json
import re
from typing import Any

from augury.datasets.disk import disk_errors
from augury.datasets.errors import DatasetError
from augury.datasets.settings import variable_of
from augury.datasets.sources.base import Fetched, Request, open_fetched
from augury.datasets.sources.connections import Network, Watch
from augury.datasets.sources.urls import Policy, download
from augury.datasets.urls import parse_url

_MAX_LIST_BYTES = 10 * 2**20
_SPLIT = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}")
_INTERNET = Network()


def fetch_huggingface(request: Request, network: Network = _INTERNET) -> Fetched:
    """Download all files of a configuration as ``<split>/<number>.parquet`` into a folder.

    The hub's own server may be anywhere, as the operator has named it. Files that lie, or lead, elsewhere come from
    the public internet over https.

    Raises:
        DatasetError: huggingface.endpoint, huggingface.configuration, huggingface.answer, huggingface.too_many, or a
            rule of ``url`` references.
    """
    reference, watch = request.reference, Watch(request.settings, network, request.report)
    policy, base = _policy(request)
    listing = request.workspace / "hub.json"
    download(f"{base}/api/datasets/{reference['repository']}/parquet", listing, request, policy, network, watch)
    if listing.stat().st_size > _MAX_LIST_BYTES:
        raise _unexpected()
    splits = _splits_of(_parse(listing.read_bytes()), reference.get("configuration"))
    if sum(map(len, splits.values())) > request.settings.max_members:
        raise DatasetError("huggingface.too_many", f"there are more files than {variable_of('max_members')} allows")
    folder = request.workspace / "parquet"
    for split, urls in splits.items():
        with disk_errors():
            (folder / split).mkdir(parents=True)
        for number, url in enumerate(urls):
            download(url, folder / split / f"{number:04d}.parquet", request, policy, network, watch)
    return open_fetched(folder, reference["repository"])


def _policy(request: Request) -> tuple[Policy, str]:
    """What may be asked, and the hub's URL without a slash at its end."""
    base = (request.settings.huggingface_endpoint or "").rstrip("/")
    try:
        return Policy(trusted=parse_url(base)), base
    except ValueError as error:
        message = f"{variable_of('huggingface_endpoint')} is not a URL: {error}; its operator has to set it right"
        raise DatasetError("huggingface.endpoint", message) from None


def _parse(content: bytes) -> dict[str, dict[str, list[str]]]:
    """By configuration and split, the files' URLs."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise _unexpected() from None
    if not _is_listing(document):
        raise _unexpected()
    result: dict[str, dict[str, list[str]]] = document
    return result


def _is_listing(document: Any) -> bool:
    return isinstance(document, dict) and all(
        isinstance(splits, dict)
        and all(
            _SPLIT.fullmatch(split) and isinstance(urls, list) and all(isinstance(url, str) for url in urls)
            for split, urls in splits.items()
        )
        for splits in document.values()
    )


def _splits_of(configurations: dict[str, dict[str, list[str]]], requested: str | None) -> dict[str, list[str]]:
    name = requested or ("default" if len(configurations) != 1 else next(iter(configurations)))
    splits = {split: urls for split, urls in configurations.get(name, {}).items() if urls}
    if splits:
        return splits
    known = ", ".join(repr(each) for each in sorted(configurations)[:20]) or "none"
    raise DatasetError("huggingface.configuration", f"there is no configuration {name!r} with files; there is: {known}")


def _unexpected() -> DatasetError:
    return DatasetError("huggingface.answer", "the hub did not answer with a list of Parquet files")
