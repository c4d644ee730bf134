"""All pages, each of which has a folder of its own, and what they are made of."""

from __future__ import annotations

from fastapi import APIRouter

from service.web import assets, sign_in

router = APIRouter()
for each in (assets.router, sign_in.router):
    router.include_router(each)
