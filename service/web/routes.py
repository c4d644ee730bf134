"""All pages, each of which has a folder of its own, and what they are made of."""

from __future__ import annotations

from fastapi import APIRouter

from service.web import assets, sign_in
from service.web.compare import routes as compare
from service.web.datasets import routes as datasets

router = APIRouter()
for each in (assets.router, sign_in.router, datasets.router, compare.router):
    router.include_router(each)
