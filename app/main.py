"""The application: its routers, its middleware in order, and its exception handlers.

Middleware, outermost first: root path (only behind a proxy with a path prefix) > access log (request id, one log line
per request) > cross-origin > request limits (size, idle time, duration, concurrency) > raw query (repeated parameters,
invalid UTF-8) > authentication (access tokens) > rate limits > methods (HEAD, OPTIONS) > conditional requests (ETag,
304) > compression > router.
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
from app.auth.scopes import TOKEN_PATH
from app.badges.router import router as badges
from app.check_ins.router import router as check_ins
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
from app.core.http.root_path import RootPathMiddleware
from app.corrections.router import router as corrections
from app.devices.router import router as devices
from app.divisions.router import router as divisions
from app.elections.router import router as elections
from app.explorer.contract import INTRODUCTION_FILE
from app.explorer.router import router as explorer
from app.health.router import router as health
from app.imports.router import router as imports
from app.meetings.router import router as meetings
from app.meetings.session_router import router as sessions
from app.meetings.statement_router import router as statements
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
from app.state import lifespan
from app.today.router import router as today

ROUTERS = (
    check_ins,  # first, because routes are matched in order and check-ins are the most frequent requests
    *(today, search),
    *(regions, organizations, divisions, officials, appointments),
    *(elections, stages, meetings, sessions, statements),
    *(participants, badges, attendance_rolls),
    *(live, quorum),  # before the routes that would match the end of these paths as an id
    *(attendance, corrections, devices, rolls),
    *(imports, oauth, clients, audit),
    *(explorer, health),
)

TAGS = [
    {
        "name": "today",
        "description": "Stages that run, begin or end around a day, and its meetings: the first screen of an app.",
    },
    {"name": "search", "description": "One search over people, organizations, divisions, stages and meetings."},
    {
        "name": "regions",
        "description": "Provinces, regencies and cities by their Kemendagri code, with their former codes.",
    },
    {
        "name": "organizations",
        "description": "The election commissions and related agencies, and the roster of each on any day.",
    },
    {"name": "divisions", "description": "The portfolios of a commission's members, and the head of each."},
    {"name": "officials", "description": "People and their appointments, as precisely as the sources state them."},
    {
        "name": "appointments",
        "description": "Who holds which office of which organization, and changes of an office.",
    },
    {"name": "elections", "description": "Elections: the voting day, and the regulation that set it."},
    {
        "name": "stages",
        "description": "An election's calendar: its stages and their parts, with their status on any day.",
    },
    {"name": "meetings", "description": "The commission's meetings: sessions, topics, speakers and sources."},
    {"name": "participants", "description": "The list of people invited to a meeting, and whom they represent."},
    {"name": "check-ins", "description": "Badges, and check-ins by devices that scan them, with or without a network."},
    {"name": "attendance", "description": "Who was invited to a meeting and who attended, as a list and as numbers."},
    {"name": "rolls", "description": "Proof that a printed or downloaded roll is unchanged since it was issued."},
    {"name": "imports", "description": "Import many rows from a file, with a result for each row."},
    {"name": "tokens", "description": "Access tokens for clients, and the public keys that verify them."},
    {"name": "clients", "description": "Machine clients: their scopes and secrets."},
    {"name": "audit", "description": "Who wrote what, and who read personal data; sealed by a chain of hashes."},
    {"name": "service", "description": "The index of the service, and the meaning of its problems."},
    {"name": "health", "description": "Probes and metrics for operators."},
]
LARGE_BODY_PATHS = ("/v1/imports", ":batch")  # ends of the paths that accept long bodies
# A compressor per open event stream would hold megabytes for ten minutes to save a few bytes per second.
remove_compress_type("text/event-stream")
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application, check that all routes declare their access; without `settings`, read the environment."""
    app = FastAPI(
        title="Rakornas",
        version=version("rakornas"),
        summary="Offices, stages, meetings and attendance of an election commission, on any day.",
        description=INTRODUCTION_FILE.read_text(encoding="utf-8"),
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
    """Replace the settings and the middleware of an application that is not running.

    The routes stay, because they depend on no setting. The lifespan opens the state.
    """
    app.state = StarletteState({"settings": settings})
    app.middleware_stack = None  # Starlette builds it from user_middleware at the first request
    prefix = [Middleware(RootPathMiddleware, settings.root_path)] if settings.root_path else []
    app.user_middleware = [
        *prefix,
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
                separate_paths=(TOKEN_PATH,),
            ),
        ),
        Middleware(MethodsMiddleware, allowed=AllowedMethods(app)),
        Middleware(ConditionalMiddleware),
        Middleware(CompressMiddleware),
    ]


async def respond_to_problem(request: Request, problem: problems.Problem) -> Response:
    """Build the response for a raised problem."""
    return problem.response(request.scope)


async def respond_to_invalid_request(request: Request, error: RequestValidationError) -> Response:
    """Build the problem response for parameters or a body that do not fit the route's schema."""
    route = request.scope["route"]
    annotations = [field.field_info.annotation for field in list_query_fields(route.dependant)]
    body = route.body_field.field_info.annotation if route.body_field else None
    known_names = validation.list_member_names(annotations)
    return validation.validation_problem(error.errors(), known_names, body).response(request.scope)


async def respond_to_routing_error(request: Request, error: HTTPException) -> Response:
    """Return the problem document of the framework's HTTPException: 404, 405 or 400, else an internal error."""
    problem = PROBLEMS_BY_STATUS.get(error.status_code, problems.InternalError)
    return problem(headers=error.headers).response(request.scope)


def list_query_fields(dependant: Dependant) -> list[Any]:
    """List the query parameters of a route and of its dependencies."""
    nested = [field for dependency in dependant.dependencies for field in list_query_fields(dependency)]
    return [*dependant.query_params, *nested]


PROBLEMS_BY_STATUS = {400: problems.Malformed, 404: problems.NotFound, 405: problems.MethodNotAllowed}
HANDLERS: dict[int | type[Exception], Any] = {
    problems.Problem: respond_to_problem,
    RequestValidationError: respond_to_invalid_request,
    HTTPException: respond_to_routing_error,
}
