"""Where datasets come from: a fetcher for each kind of reference."""

from __future__ import annotations

from collections.abc import Callable

from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import Listing
from augury.datasets.reference_rules import refusal_of
from augury.datasets.sources.base import Fetched, Request
from augury.datasets.sources.buckets import fetch_bucket
from augury.datasets.sources.builtin import fetch_builtin
from augury.datasets.sources.huggingface import fetch_huggingface
from augury.datasets.sources.paths import fetch_path
from augury.datasets.sources.uploads import fetch_upload
from augury.datasets.sources.urls import fetch_url

__all__ = ["FETCHERS", "Fetched", "Request", "fetch"]

FETCHERS: dict[str, Callable[[Request], Fetched | Listing]] = {
    "builtin": fetch_builtin,
    "upload": fetch_upload,
    "path": fetch_path,
    "url": fetch_url,
    "s3": fetch_bucket,
    "gs": fetch_bucket,
    "huggingface": fetch_huggingface,
}


def fetch(request: Request) -> Fetched | Listing:
    """Bring what a reference names to this machine.

    Returns:
        An open file or folder for a reader; or the images themselves, where there is no file.

    Raises:
        DatasetError: the reference is not allowed, not there, too large, too slow or not trustworthy.
    """
    refusal = refusal_of(request.reference, request.settings)
    if refusal is not None:
        raise DatasetError(refusal.rule, refusal.message)
    return FETCHERS[request.reference["kind"]](request)
