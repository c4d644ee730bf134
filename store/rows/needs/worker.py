"""Which kind of worker a job needs."""

from __future__ import annotations

from api_schemas.jobs import AugmentationRequest, JobRequest
from store.queue import kind_of_worker


def worker_for(request: JobRequest) -> str:
    """The kind of worker that carries out what a request asks for: all of its job, but for what any worker does."""
    if isinstance(request, AugmentationRequest):
        return request.device
    return kind_of_worker(request.device, request.training.backend)
