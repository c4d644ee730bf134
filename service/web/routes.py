"""All pages, each of which has a folder of its own, and what they are made of."""

from __future__ import annotations

from fastapi import APIRouter

from service.web import assets, sign_in
from service.web.answers import routes as answers
from service.web.compare import routes as compare
from service.web.datasets import routes as datasets
from service.web.job import routes as job
from service.web.operations import routes as operations
from service.web.playground import routes as playground

router = APIRouter()
for each in (assets, sign_in, answers, job, datasets, compare, playground, operations):
    router.include_router(each.router)
