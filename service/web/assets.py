"""``/static``: scripts, style sheets and pictures of the pages, under a path that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from augury.reporting.html import styles
from augury.reporting.plots.stylesheet import stylesheet
from service.http.problem_types import NO_SUCH_PATH

router = APIRouter(include_in_schema=False)

FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""Of what is served of the folder; licences and the list of what is others' are not."""
_OF_REPORTS: dict[str, Callable[[], str]] = {"plots.css": stylesheet, "report.css": styles}
"""What reports have in themselves, and pages load: made of one source, so that the two cannot differ."""
_DIGEST_CHARS = 12
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file that pages ask for.

    Attributes:
        name: of the file.
        content: of it.
        compressed: the same by gzip.
    """

    name: str
    content: bytes
    compressed: bytes


@cache
def assets() -> dict[str, Asset]:
    """All of them by name, read once."""
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _MEDIA_TYPES}
    files |= {name: made().encode() for name, made in _OF_REPORTS.items()}
    return {name: Asset(name, files[name], gzip.compress(files[name], mtime=0)) for name in sorted(files)}


@cache
def digest() -> str:
    """The beginning of a SHA-256 of all of them: modules import each other by names, so that they change together."""
    found = hashlib.sha256()
    for asset in assets().values():
        found.update(hashlib.sha256(asset.name.encode()).digest() + hashlib.sha256(asset.content).digest())
    return found.hexdigest()[:_DIGEST_CHARS]


def asset_path(name: str) -> str:
    """Where browsers find the file of this name, which they may keep for ever.

    Raises:
        KeyError: there is none.
    """
    return f"/static/{digest()}/{assets()[name].name}"


@router.get("/static/{version}/{name}")
def serve(request: Request, version: str, name: str) -> Response:
    """A file of the pages. What an older page asks for is not answered with newer content."""
    asset = assets().get(name)
    if asset is None or version != digest():
        raise NO_SUCH_PATH.error("the pages have no such file; load the page again")
    headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=_type_of(name))
    return Response(asset.content, headers=headers, media_type=_type_of(name))


def _type_of(name: str) -> str:
    return _MEDIA_TYPES[Path(name).suffix]
