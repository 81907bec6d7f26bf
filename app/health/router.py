"""The routes for operators: probes and measurements."""

import asyncio
import os
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel, Field

from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.examples import example
from app.core.http.parameters import NoParameters
from app.health import repository
from app.state import state_of

router = APIRouter(tags=["health"], route_class=AuthorizingRoute)
NO_STORE = {"Cache-Control": "no-store"}


class Live(BaseModel):
    status: Literal["live"] = "live"


class Ready(BaseModel):
    status: Literal["ready"] = "ready"
    schema_revision: str
    audit: Annotated[
        repository.AuditPrivilege,
        Field(description="`insert_only`: the service's role can only add to the audit trail; `writable`: it owns it."),
    ]


@router.get("/health/live", dependencies=[allow_anonymous()], openapi_extra=example("/health/live"))
async def get_liveness(response: Response, _: NoParameters) -> Live:
    """Is the process alive?

    Answers without the database, so that a database's fault does not make an orchestrator kill the service.
    """
    response.headers.update(NO_STORE)
    return Live()


@router.get("/health/ready", dependencies=[allow_anonymous()], openapi_extra=example("/health/ready"))
async def get_readiness(request: Request, response: Response, _: NoParameters) -> Ready:
    """Can requests be answered?

    Asks the database over a connection of its own, and compares its schema with the one this release needs. It is ready
    also where its role could change the audit trail, which `audit` says.
    """
    response.headers.update(NO_STORE)
    state = state_of(request.app)
    probe = state.readiness_probe
    if probe is None or probe.done():
        # However many ask at once, the database is asked once.
        probe = asyncio.create_task(repository.check_readiness(state.settings))
        state.readiness_probe = probe
    found = await asyncio.shield(probe)
    return Ready(schema_revision=found.schema_revision, audit=found.audit)


@router.get(
    "/metrics", dependencies=[allow_anonymous()], openapi_extra=example("/metrics"), response_class=PlainTextResponse
)
async def get_metrics(_: NoParameters) -> Response:
    """Measurements, for Prometheus

    Requests by route template, time and status; connections of the pool at work, and statements waiting for one.
    """
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), headers=NO_STORE, media_type=CONTENT_TYPE_LATEST)
