"""What stays between people and a service, where a report goes to others: credentials in addresses, signed or not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from api_schemas.reports.report import Report


def without_credentials(url: str) -> str:
    """An address without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def without_secrets(report: Report) -> Report:
    """The report as others may have it: addresses in its request have lost what may be a signature.

    It is the same object where there is nothing to lose.
    """
    request = _kept(report.provenance.request)
    if request == report.provenance.request:
        return report
    return report.model_copy(update={"provenance": report.provenance.model_copy(update={"request": request})})


def _kept(part: Any) -> Any:
    """A part of the request, in which any reference may be an address: of the dataset, of another one, of weights."""
    if isinstance(part, list):
        return [_kept(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: without_credentials(value) if name == "url" and isinstance(value, str) else _kept(value)
        for name, value in part.items()
    }
