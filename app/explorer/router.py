"""Routes of the index, the explorer and the descriptions of problems."""

import pathlib
import re
from functools import cache
from html import escape
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
from app.core.http.security_headers import NO_FRAMES, hash_source
from app.core.languages import Language, preferred_language
from app.core.problems import PROBLEM_TYPES, NotAcceptable, NotFound, Problem
from app.core.root_path import add_root_path, get_root_path
from app.explorer.contract import get_openapi_document, serialize_openapi_document

router = APIRouter(tags=["service"], route_class=AuthorizingRoute)
CACHE_CONTROL = public_cache_control(3600)
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
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
    page, tag, policy = load_explorer_page()
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Content-Security-Policy": policy}
    return Response(page, headers=headers, media_type="text/html")


@router.get("/docs/{asset}", dependencies=[allow_anonymous()], include_in_schema=False)
async def get_asset(asset: str, _: NoParameters) -> Response:
    """Serve a file of the explorer from an installed package, so that no other server is needed."""
    if asset not in ASSETS:
        raise NotFound
    body, tag = load_asset(asset)
    return Response(body, headers={"ETag": tag, "Cache-Control": CACHE_CONTROL}, media_type=ASSETS[asset])


@cache
def load_explorer_page() -> tuple[bytes, str, str]:
    """Return the HTML of the explorer (the page at /docs), its entity tag, and its content security policy, read once.

    The policy allows the page's own script and style by their hashes. Swagger UI contains images as `data:`, and shows
    images of responses as `blob:`.
    """
    page = pathlib.Path(__file__).with_name("explorer.html").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    sources = {
        "default-src": "'none'",
        "script-src": f"'self' {hash_source(script)}",
        "style-src": f"'self' {hash_source(style)}",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
    }
    policy = "; ".join([*(f"{name} {value}" for name, value in sources.items()), NO_FRAMES])
    return page.encode(), entity_tag(page.encode()), policy


@cache
def load_asset(name: str) -> tuple[bytes, str]:
    """Return a file of the explorer's page and its entity tag, read once.

    Raises:
        LookupError: The package with the files is not installed.
    """
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
    return render_problem_types(descriptions, language, media_type)  # type: ignore[return-value]


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
    return render_problem_types(describe_problem_type(PROBLEM_TYPES[code], language), language, media_type)  # type: ignore[return-value]


def describe_problem_type(problem_type: type[Problem], language: Language) -> dict[str, Any]:
    """Return the members of the description of a problem type in one language."""
    return {
        "type": add_root_path(f"/problems/{problem_type.code}"),
        "code": problem_type.code,
        "status": problem_type.status,
        "title": problem_type.title.in_language(language),
        "detail": problem_type.remedy.in_language(language),
    }


def render_problem_types(
    content: dict[str, Any] | list[dict[str, Any]], language: Language, media_type: str
) -> Response:
    """Build the response with one or all problem types, as JSON or as an HTML page."""
    descriptions = content if isinstance(content, list) else [content]
    sections = "".join(
        f'<h1><a href="{escape(description["type"])}">{description["status"]} {escape(description["title"])}</a></h1>'
        f"<p><code>{escape(description['code'])}</code></p><p>{escape(description['detail'])}</p>"
        for description in descriptions
    )
    page = HTML_PAGE.format(language=language, style=PROBLEM_PAGE_STYLE, sections=sections).encode()
    body = page if media_type == "text/html" else orjson.dumps(content)
    headers = {
        "Content-Language": language,
        "Vary": "Accept, Accept-Language",
        "Cache-Control": CACHE_CONTROL,
        "ETag": entity_tag(body),
    }
    if media_type == "text/html":
        headers["Content-Security-Policy"] = PROBLEM_PAGE_POLICY
    return Response(body, headers=headers, media_type=media_type)


PROBLEM_PAGE_STYLE = """body{font:1rem/1.5 system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.25rem}"""
PROBLEM_PAGE_POLICY = f"default-src 'none'; style-src {hash_source(PROBLEM_PAGE_STYLE)}; {NO_FRAMES}"
HTML_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rakornas</title><style>{style}</style></head><body>{sections}</body></html>"""
