"""Routes of the index, the explorer and the descriptions of problems."""

import pathlib
from functools import cache
from importlib.util import find_spec
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from app.auth import AuthorizingRoute, allow_anonymous
from app.core.http.conditional import entity_tag, json_response, public_cache_control
from app.core.http.examples import example
from app.core.http.negotiation import negotiate_media_type
from app.core.http.openapi import problem_responses
from app.core.http.openapi_components import is_anonymous, list_parameters
from app.core.http.openapi_headers import refer_to_headers
from app.core.http.parameters import NoParameters
from app.core.http.security_headers import NO_FRAMES
from app.core.languages import Language, preferred_language
from app.core.problems import PROBLEM_TYPES, NotAcceptable, NotFound, Problem
from app.core.root_path import add_root_path, get_root_path
from app.explorer import pages
from app.explorer.contract import get_openapi_document, serialize_openapi_document

router = APIRouter(tags=["service"], route_class=AuthorizingRoute)
CACHE_CONTROL = public_cache_control(3600)
ASSETS = {
    **dict.fromkeys(("swagger-ui-bundle.js", "explorer.js", "theme.js"), "text/javascript"),
    **dict.fromkeys(("swagger-ui.css", "explorer.css", "page.css"), "text/css"),
    "favicon.png": "image/png",
}
OWN_FILES = pathlib.Path(__file__).parent
# Swagger UI contains images as `data:`, and shows images of responses as `blob:`.
EXPLORER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    f"{NO_FRAMES}"
)
JsonOrHtml = Annotated[str, Depends(negotiate_media_type("application/json", "text/html"))]
ProblemCode = Annotated[
    str,
    Path(
        description="The problem's `code`.", examples=["not_found"], json_schema_extra={"enum": sorted(PROBLEM_TYPES)}
    ),
]


class Index(BaseModel):
    """Links to the parts of the service."""

    name: str
    links: dict[str, str]


class ProblemType(BaseModel):
    """A problem type."""

    type: str
    code: str
    status: int
    title: str
    detail: str


@router.get(
    "/", dependencies=[allow_anonymous()], openapi_extra=example("/"), responses=problem_responses(NotAcceptable)
)
async def get_index(request: Request, media_type: JsonOrHtml, _: NoParameters) -> Index:
    """Get the index

    Links to everything that needs no token. A browser is redirected to the explorer.
    """
    if media_type == "text/html":
        return RedirectResponse("/docs", 303, {"Vary": "Accept"})  # type: ignore[return-value]
    links = {"explorer": "/docs", "openapi": "/openapi.json"}
    document = get_openapi_document(request.app)
    paths = document["paths"]
    public = [path for path, item in paths.items() if "get" in item and is_anonymous(item["get"])]
    linked = [path for path in public if path != "/" and "{" not in path]
    links |= {
        path.rpartition("/")[2]: build_example_link(path, list_parameters(document, paths[path]["get"]))
        for path in linked
    }
    public_links = {name: add_root_path(path) for name, path in links.items()}
    return json_response(orjson.dumps({"name": request.app.title, "links": public_links}), cache_control=CACHE_CONTROL)  # type: ignore[return-value]


def build_example_link(path: str, parameters: list[dict[str, Any]]) -> str:
    """Return the path with its required query parameters from the example, as a link that works."""
    required = {
        parameter["name"]: parameter["example"]
        for parameter in parameters
        if parameter["required"] and parameter["in"] == "query"
    }
    return f"{path}?{urlencode(required)}" if required else path


@router.get("/openapi.json", dependencies=[allow_anonymous()], include_in_schema=False)
async def get_openapi(request: Request, _: NoParameters) -> Response:
    """Serve the OpenAPI document"""
    body = serialize_openapi_document(request.app, get_root_path())
    return json_response(body, cache_control=public_cache_control(300))


@router.get("/docs", dependencies=[allow_anonymous()], include_in_schema=False)
async def get_explorer(_: NoParameters) -> Response:
    """Serve the explorer, a page that shows the OpenAPI document and tries out requests"""
    page, tag = load_page()
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Content-Security-Policy": EXPLORER_POLICY}
    return Response(page, headers=headers, media_type="text/html")


@router.get("/docs/{asset}", dependencies=[allow_anonymous()], include_in_schema=False)
async def get_asset(asset: str, _: NoParameters) -> Response:
    """Serve a file of the pages, of this package or of an installed one, so that no other server is needed."""
    if asset not in ASSETS:
        raise NotFound
    body, tag = load_asset(asset)
    return Response(body, headers={"ETag": tag, "Cache-Control": CACHE_CONTROL}, media_type=ASSETS[asset])


@cache
def load_page() -> tuple[bytes, str]:
    """Return the HTML of the explorer (the page at /docs) and its entity tag, read once."""
    page = OWN_FILES.joinpath("explorer.html").read_bytes()
    return page, entity_tag(page)


@cache
def load_asset(name: str) -> tuple[bytes, str]:
    """Return a file of the explorer's page and its entity tag, read once.

    Raises:
        LookupError: The package with the files of Swagger UI is not installed.
    """
    own = OWN_FILES / name
    if own.exists():
        body = own.read_bytes()
        return body, entity_tag(body)
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise LookupError("the package fastapi-offline, which contains the files of the explorer, is not installed")
    body = (pathlib.Path(spec.origin).parent / "static" / name).read_bytes()
    return body, entity_tag(body)


@router.get(
    "/problems",
    dependencies=[allow_anonymous()],
    openapi_extra=example("/problems"),
    responses={200: {"headers": refer_to_headers("Content-Language")}, **problem_responses(NotAcceptable)},
)
async def list_problem_types(request: Request, media_type: JsonOrHtml, _: NoParameters) -> list[ProblemType]:
    """List problem types

    Every type of problem that this service answers with: its title and how to solve it.
    """
    language = preferred_language(request.headers.get("accept-language", ""))
    descriptions = [describe_problem_type(problem_type, language) for problem_type in PROBLEM_TYPES.values()]
    page = pages.render_problem_list(list(PROBLEM_TYPES.values()), language)
    return negotiated_response(descriptions, page, language, media_type)  # type: ignore[return-value]


@router.get(
    "/problems/{code}",
    dependencies=[allow_anonymous()],
    openapi_extra=example("/problems/not_found"),
    responses={200: {"headers": refer_to_headers("Content-Language")}, **problem_responses(NotFound, NotAcceptable)},
)
async def get_problem_type(request: Request, code: ProblemCode, media_type: JsonOrHtml, _: NoParameters) -> ProblemType:
    """Get a problem type

    The page that the `type` of a problem document links to: its meaning and how to solve it.
    """
    if code not in PROBLEM_TYPES:
        raise NotFound
    language = preferred_language(request.headers.get("accept-language", ""))
    problem_type = PROBLEM_TYPES[code]
    description = describe_problem_type(problem_type, language)
    page = pages.render_problem_page(problem_type, language)
    return negotiated_response(description, page, language, media_type)  # type: ignore[return-value]


def describe_problem_type(problem_type: type[Problem], language: Language) -> dict[str, Any]:
    """Return the members of the description of a problem type in one language."""
    return {
        "type": add_root_path(f"/problems/{problem_type.code}"),
        "code": problem_type.code,
        "status": problem_type.status,
        "title": problem_type.title.in_language(language),
        "detail": problem_type.remedy.in_language(language),
    }


def negotiated_response(content: Any, page: bytes, language: Language, media_type: str) -> Response:
    """Build the response with the same content as JSON or as an HTML page."""
    is_page = media_type == "text/html"
    body = page if is_page else orjson.dumps(content)
    headers = {
        "Content-Language": language,
        "Vary": "Accept, Accept-Language",
        "Cache-Control": CACHE_CONTROL,
        "ETag": entity_tag(body),
    }
    if is_page:
        headers["Content-Security-Policy"] = pages.POLICY
    return Response(body, headers=headers, media_type=media_type)
