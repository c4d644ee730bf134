"""``/docs``: a page that asks no other host for anything, under a policy that would not let it."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

router = APIRouter(include_in_schema=False)

ASSETS = Path(__file__).parent / "assets"
_MEDIA_TYPES = {
    "favicon-32x32.png": "image/png",
    "head.css": "text/css",
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
"""Of what the page asks for, and no more of the folder is served."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}


@router.get("/docs")
def page() -> FileResponse:
    """The page, which reads ``/openapi.json``."""
    return FileResponse(ASSETS / "page.html", media_type="text/html", headers=_HEADERS)


@router.get("/docs/assets/{name}")
def asset(name: str) -> FileResponse:
    """A script, a style sheet or a picture of the page."""
    media_type = _MEDIA_TYPES.get(name)
    if media_type is None:
        raise HTTPException(404)
    return FileResponse(ASSETS / name, media_type=media_type, headers=_HEADERS)
