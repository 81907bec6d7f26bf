"""Routes for operators: health probes and metrics."""

import os
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel, Field

from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http import addresses
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import get_settings
from app.core.http.examples import example
from app.core.http.openapi import problem_responses
from app.core.http.parameters import NoParameters
from app.core.problems import NotFound
from app.health import repository
from app.health.probe import ReadinessProbe

router = APIRouter(tags=["health"], route_class=AuthorizingRoute)
NO_STORE = {"Cache-Control": "no-store"}


class Liveness(BaseModel):
    """The state of a process that answers requests."""

    status: Literal["live"] = "live"


class Readiness(BaseModel):
    """The state of a process that can use its database."""

    status: Literal["ready"] = "ready"
    schema_revision: str
    audit: Annotated[
        repository.AuditPrivilege,
        Field(
            description="`insert_only`: the service can only add to the audit trail; `writable`: it could change it."
        ),
    ]


@router.get("/health/live", dependencies=[allow_anonymous()], openapi_extra=example("/health/live"))
async def get_liveness(response: Response, _: NoParameters) -> Liveness:
    """Get liveness

    Does not use the database, so that an orchestrator does not restart the service because of a database failure.
    """
    response.headers.update(NO_STORE)
    return Liveness()


@router.get("/health/ready", dependencies=[allow_anonymous()], openapi_extra=example("/health/ready"))
async def get_readiness(request: Request, response: Response, _: NoParameters) -> Readiness:
    """Get readiness

    Opens connections to the database as serving does, compares the schema with the one that this release needs, and
    checks the privileges of the service's role, a write and a read of history. If something is missing, the answer is
    503 with the cause. The service is also ready if its role could change the audit trail; `audit` shows that.
    """
    response.headers.update(NO_STORE)
    readiness = await get_from_state(request.app, ReadinessProbe).check()
    return Readiness(schema_revision=readiness.schema_revision, audit=readiness.audit)


@router.get(
    "/metrics",
    dependencies=[allow_anonymous()],
    openapi_extra=example("/metrics"),
    response_class=PlainTextResponse,
    responses=problem_responses(NotFound),
)
async def get_metrics(request: Request, _: NoParameters) -> Response:
    """Get metrics

    In the format of Prometheus: requests by route template, duration and status; connections in use, and statements
    waiting for one. Only for the networks that the operator allows, by default the machine itself. Others get 404.
    """
    settings = get_settings(request)
    if not addresses.is_allowed(request.scope, settings.metrics_allowed, settings.trusted_proxies):
        raise NotFound
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), headers=NO_STORE, media_type=CONTENT_TYPE_LATEST)
