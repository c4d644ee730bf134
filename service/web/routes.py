"""All pages, each of which has a folder of its own, and what they are made of."""

from __future__ import annotations

from fastapi import APIRouter

from service.web import assets, sign_in
from service.web.operations import routes as operations
from service.web.playground import routes as playground

router = APIRouter()
for each in (assets.router, sign_in.router, playground.router, operations.router):
    router.include_router(each)
