"""Routers of resources, and redirects from former codes to current ones."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.auth import AuthorizingRoute
from app.core.http.negotiation import negotiate_media_type
from app.core.http.openapi import problem_responses
from app.core.http.openapi_headers import refer_to_headers
from app.core.problems import NotAcceptable, NotFound


def create_resource_router(name: str, *, prefix: str | None = None) -> APIRouter:
    """Create the router of a resource: responses in JSON only, and each route must declare its access policy.

    Args:
        name: Name of the resource, which is its tag in the contract.
        prefix: Path of the resource; by default `/v1/<name>`.
    """
    return APIRouter(
        prefix=prefix or f"/v1/{name}",
        tags=[name],
        route_class=AuthorizingRoute,
        dependencies=[Depends(negotiate_media_type("application/json"))],
        responses=problem_responses(NotAcceptable),
    )


def redirect_responses() -> dict[int | str, dict[str, Any]]:
    """Return the `responses` (308) of a route that redirects former codes to current ones."""
    return {
        308: {
            "description": "The code is a former one; Location has the current one.",
            "headers": refer_to_headers("Location"),
        }
    }


def redirect_former_code(request: Request, former_code: str, current_code: str | None) -> Response:
    """Redirect (308) to the URL of the request, with the former code in its path replaced by the current one.

    A 308 keeps the method, so a PATCH or a DELETE is redirected too.

    Args:
        request: The request.
        former_code: The code in its path, of which no object exists.
        current_code: Today's code of the object that has or had this code; None: there is none.

    Raises:
        NotFound: No object ever had this code, or an object has it now but does not exist on the day of `as_of`.
    """
    if current_code is None or current_code == former_code:
        raise NotFound
    path = request.url.path.replace(f"/{former_code}", f"/{current_code}", 1)
    query = f"?{request.url.query}" if request.url.query else ""
    cache_control = "public, max-age=86400" if request.method == "GET" else "no-store"
    return RedirectResponse(path + query, 308, {"Cache-Control": cache_control})
