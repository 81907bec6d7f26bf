"""The application: the only place that knows every feature, and the order of the rooms that a request walks through.

Outermost first: observability (a name and a line for each request) > cross-origin > guard (sizes, silences) > raw query
(repeats, bytes) > authentication (whose token) > limits (how often) > methods (HEAD, OPTIONS) > conditional (entity
tags, 304) > compression > the router.
"""

from importlib.metadata import version
from operator import attrgetter
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import State as StarletteState
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette_compress import CompressMiddleware, remove_compress_type

from app import auth
from app.appointments.router import router as appointments
from app.attendance.live_router import router as live
from app.attendance.router import list_router as attendance_rolls
from app.attendance.router import router as attendance
from app.audit.router import router as audit
from app.badges.router import router as badges
from app.check_ins.router import router as gates
from app.clients.router import router as clients
from app.core import problems
from app.core.http import openapi, validation
from app.core.http.access_log import AccessLogMiddleware
from app.core.http.conditional import ConditionalMiddleware
from app.core.http.cors import CrossOriginMiddleware
from app.core.http.methods import AllowedMethods, MethodsMiddleware
from app.core.http.rate_limits import RateLimitMiddleware, RateLimits
from app.core.http.raw_query import RawQueryMiddleware
from app.core.http.request_limits import RequestLimits, RequestLimitsMiddleware
from app.corrections.router import router as corrections
from app.divisions.router import router as divisions
from app.elections.router import router as elections
from app.explorer.contract import INTRODUCTION
from app.explorer.router import router as explorer
from app.health.router import router as health
from app.imports.router import router as imports
from app.lifespan import lifespan
from app.meetings.router import router as meetings
from app.meetings.sessions import router as sessions
from app.meetings.statements import router as statements
from app.oauth.router import router as oauth
from app.officials.router import router as officials
from app.organizations.router import router as organizations
from app.participants.router import router as participants
from app.quorum.router import router as quorum
from app.regions.router import router as regions
from app.rolls.export_router import router as rolls
from app.search.router import router as search
from app.settings import Settings
from app.stages.router import router as stages
from app.today.router import router as today

ROUTERS = (
    gates,  # routes are looked through in turn: these come first, for six hundred people wait at the door
    *(today, search),
    *(regions, organizations, divisions, officials, appointments),
    *(elections, stages, meetings, sessions, statements),
    *(live, quorum),  # before what takes the end of their addresses for an id
    *(participants, badges, attendance, attendance_rolls, corrections, rolls),
    *(imports, oauth, clients, audit),
    *(explorer, health),
)

TAGS = [
    {
        "name": "today",
        "description": "What a day brings: stages that run, begin or end, and meetings. The first screen of an app.",
    },
    {"name": "search", "description": "One search over people, organizations, divisions, stages and meetings."},
    {
        "name": "regions",
        "description": "Provinces, regencies and cities by their Kemendagri code, with the codes they had before.",
    },
    {
        "name": "organizations",
        "description": "The commissions, the agencies beside them, and who sits on them on any day.",
    },
    {"name": "divisions", "description": "The portfolios of a commission's members, and who heads them."},
    {"name": "officials", "description": "People, and the offices they hold or held, as surely as the sources tell."},
    {"name": "appointments", "description": "Who holds which office of which organization, one by one, and handovers."},
    {"name": "elections", "description": "Elections: their voting day, and the regulation that set it."},
    {
        "name": "stages",
        "description": "An election's calendar: its stages and their parts, and what they come to on any day.",
    },
    {"name": "meetings", "description": "The commission's meetings: their sessions, topics, speakers and sources."},
    {"name": "participants", "description": "Who is asked to a meeting: for whom they come, and in whose place."},
    {"name": "check-ins", "description": "Badges, and gates that scan them, with the network or without it."},
    {"name": "attendance", "description": "Who was asked to a meeting and who came, one by one and in numbers."},
    {"name": "rolls", "description": "Proof that a roll on paper, or in a file, is as it was given out."},
    {"name": "imports", "description": "Files of rows, brought in at once, with a verdict for each."},
    {"name": "oauth", "description": "Where clients fetch their access tokens, and what verifies those."},
    {"name": "clients", "description": "The machines that may ask for tokens, their scopes and secrets."},
    {"name": "audit", "description": "Who wrote what and who read what is personal, sealed by a chain of hashes."},
    {"name": "service", "description": "Where everything is, and what problems mean."},
    {"name": "health", "description": "Probes and measurements for operators."},
]
LARGE_BODY_PATHS = ("/v1/imports", ":batch")  # ends of the paths whose bodies may be larger
# Each listener's compressor would keep megabytes for ten minutes, to save some bytes a second.
remove_compress_type("text/event-stream")
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application over the database of these settings (by default: of the environment)."""
    app = FastAPI(
        title="Rakornas",
        version=version("rakornas"),
        summary="Offices, stages, meetings and attendance of an election commission, on any day.",
        description=INTRODUCTION.read_text(encoding="utf-8"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        responses=openapi.problem_responses(*openapi.MIDDLEWARE_PROBLEMS),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=attrgetter("name"),
        telemetry=NO_TELEMETRY,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
    )
    for router in ROUTERS:
        app.include_router(router)
    auth.check_access_declared(app, ROUTERS)
    configure(app, settings or Settings())
    return app


def configure(app: FastAPI, settings: Settings) -> None:
    """Give an application that is not running these settings, and new middleware.

    Its routes stay: they depend on no setting. The state is opened by the lifespan.
    """
    app.state = StarletteState({"settings": settings})
    app.middleware_stack = None  # it is built from the following at the first request
    app.user_middleware = [
        Middleware(AccessLogMiddleware),
        Middleware(CrossOriginMiddleware),
        Middleware(
            RequestLimitsMiddleware,
            RequestLimits(
                body_bytes=settings.body_limit,
                large_body_paths=LARGE_BODY_PATHS,
                concurrency=settings.concurrency,
            ),
        ),
        Middleware(RawQueryMiddleware),
        Middleware(auth.AuthenticationMiddleware),
        Middleware(
            RateLimitMiddleware,
            RateLimits(
                rate_client=settings.rate_client,
                burst_client=settings.burst_client,
                rate_network=settings.rate_network,
                burst_network=settings.burst_network,
                trusted_proxies=settings.trusted_proxies,
            ),
        ),
        Middleware(MethodsMiddleware, allowed=AllowedMethods(app)),
        Middleware(ConditionalMiddleware),
        Middleware(CompressMiddleware),
    ]


async def on_problem(request: Request, problem: problems.Problem) -> Response:
    return problem.response(request.scope)


async def on_invalid(request: Request, error: RequestValidationError) -> Response:
    route = request.scope["route"]
    known = validation.list_member_names([field.field_info.annotation for field in query_fields(route.dependant)])
    body = route.body_field.field_info.annotation if route.body_field else None
    return validation.validation_problem(error.errors(), known, body).response(request.scope)


def query_fields(dependant: Dependant) -> list[Any]:
    """The query parameters of a route, those of its dependencies among them."""
    return [*dependant.query_params, *(field for one in dependant.dependencies for field in query_fields(one))]


async def on_http_exception(request: Request, error: HTTPException) -> Response:
    """What the router itself answers: an address that is not there, a method that a route does not have."""
    kind = BY_STATUS.get(error.status_code, problems.InternalError)
    return kind(headers=error.headers).response(request.scope)


BY_STATUS = {400: problems.Malformed, 404: problems.NotFound, 405: problems.MethodNotAllowed}
HANDLERS: dict[int | type[Exception], Any] = {
    problems.Problem: on_problem,
    RequestValidationError: on_invalid,
    HTTPException: on_http_exception,
}
