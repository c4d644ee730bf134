"""``GET /metrics``, for who runs the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from service.auth.actor import Operator
from service.http.openapi import problems
from service.metrics.families import Shown
from service.resources import Shared

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    summary="How the service is doing, for Prometheus",
    response_class=Response,  # of whose media type nothing is said by the framework where errors are described
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems()},
)
async def get_metrics(resources: Shared, _caller: Operator, accept: Annotated[str, Header()] = "") -> Response:
    """What waits, runs and has ended in all projects together, as it was some seconds ago at most.

    Every API process shows the same: ask one of them, or a load balancer before them.
    """
    seen = await resources.metrics.now()
    registry = CollectorRegistry()
    registry.register(Shown(seen))
    encode, media_type = choose_encoder(accept)
    return Response(encode(registry), media_type=media_type, headers={"Cache-Control": "no-store"})
