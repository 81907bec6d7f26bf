"""How every resource's router begins, and how an old address leads to the new one."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.auth import AuthorizingRoute
from app.core.http.negotiation import negotiate_media_type
from app.core.http.openapi import problem_responses
from app.core.problems import NotAcceptable


def resource_router(name: str, *, at: str | None = None) -> APIRouter:
    """The router of `/v1/<name>`, or of the address `at`: JSON only, and each route declares who may call it."""
    return APIRouter(
        prefix=at or f"/v1/{name}",
        tags=[name],
        route_class=AuthorizingRoute,
        dependencies=[Depends(negotiate_media_type("application/json"))],
        responses=problem_responses(NotAcceptable),
    )


def redirect_responses() -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the route answers 308 for a former code."""
    return {
        308: {
            "description": "A former code; Location is the address under today's.",
            "headers": {"Location": {"schema": {"type": "string", "format": "uri-reference"}}},
        }
    }


def redirect_to_current_code(request: Request, was: str, code: str) -> Response:
    """308 from the address with the code `was` to the same one with `code`, the query kept."""
    path = request.url.path.replace(f"/{was}", f"/{code}", 1)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(path + query, 308, {"Cache-Control": "public, max-age=86400"})
