"""Where datasets come from: a fetcher for each kind of reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from augury.datasets.labelled_images import Listing
from augury.datasets.reference_rules import refusal_of
from augury.datasets.settings import IngestSettings
from augury.datasets.sources.base import Fetched, Report, Request
from augury.datasets.sources.buckets import fetch_bucket
from augury.datasets.sources.builtin import fetch_builtin
from augury.datasets.sources.huggingface import fetch_huggingface
from augury.datasets.sources.paths import fetch_path
from augury.datasets.sources.uploads import fetch_upload
from augury.datasets.sources.urls import fetch_url
from augury.failures import DatasetError
from store.files.artifacts import Artifacts

__all__ = ["FETCHERS", "Fetched", "Report", "fetch"]

FETCHERS: dict[str, Callable[[Request], Fetched | Listing]] = {
    "builtin": fetch_builtin,
    "upload": fetch_upload,
    "path": fetch_path,
    "url": fetch_url,
    "s3": fetch_bucket,
    "gs": fetch_bucket,
    "huggingface": fetch_huggingface,
}


def fetch(
    reference: dict[str, Any], workspace: Path, artifacts: Artifacts, settings: IngestSettings, report: Report
) -> Fetched | Listing:
    """Bring what a reference names to this machine.

    Args:
        reference: as stored with the dataset.
        workspace: an empty folder of the caller's, which removes it in the end.
        artifacts: where uploads are.
        settings: what is allowed, and how much.
        report: told how far it is, at least each second; may raise to stop.

    Returns:
        An open file or folder for a reader; or the images themselves, where there is no file.

    Raises:
        DatasetError: the reference is not allowed, not there, too large, too slow or not trustworthy.
    """
    refusal = refusal_of(reference, settings)
    if refusal is not None:
        raise DatasetError(refusal.rule, refusal.message)
    return FETCHERS[reference["kind"]](Request(reference, workspace, artifacts, settings, report))
