"""The routes that show the service to people."""

from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, RedirectResponse

from app.auth import Route, public
from app.core.conditional import entity_tag, open_data, reply
from app.core.languages import Language, preferred
from app.core.openapi import document_of, problems
from app.core.parameters import Nothing
from app.core.problems import KINDS, NotFound, Problem

router = APIRouter(tags=["service"], route_class=Route)
CACHE = open_data(3600)


@router.get("/", dependencies=[public()])
async def read_index(request: Request, _: Nothing) -> dict[str, Any]:
    """Where everything is

    Links to all that this service offers. A browser is led to the explorer.
    """
    if prefers_html(request):
        return RedirectResponse("/docs", 303, {"Vary": "Accept"})  # type: ignore[return-value]
    links = {"explorer": "/docs", "openapi": "/openapi.json"}
    paths = [path for path in document_of(request.app)["paths"] if path != "/" and "{" not in path]
    links |= {path.rpartition("/")[2]: path for path in paths}
    return reply(orjson.dumps({"name": request.app.title, "links": links}), cache=CACHE)  # type: ignore[return-value]


@router.get("/openapi.json", dependencies=[public()], include_in_schema=False)
async def read_openapi(request: Request, _: Nothing) -> Response:
    return reply(orjson.dumps(document_of(request.app)), cache=open_data(300))


@router.get("/docs", dependencies=[public()], include_in_schema=False)
async def read_explorer(_: Nothing) -> Response:
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Rakornas",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/docs/favicon.png",
        swagger_ui_parameters={"validatorUrl": None},
    )
    page.headers.update({"ETag": entity_tag(bytes(page.body)), "Cache-Control": CACHE})
    return page


@router.get("/docs/{asset}", dependencies=[public()], include_in_schema=False)
async def read_asset(asset: str) -> Response:
    """A file of the explorer, out of an installed package: no address outside the service is needed."""
    if asset not in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        raise NotFound
    return FileResponse(assets() / asset, headers={"Cache-Control": "public, max-age=86400"})


@cache
def assets() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise LookupError("the package fastapi-offline, which carries the explorer's files, is not installed")
    return Path(spec.origin).parent / "static"


@router.get("/problems", dependencies=[public()])
async def list_problems(request: Request, _: Nothing) -> list[dict[str, Any]]:
    """All problems

    Every kind of problem that this service answers with, with its title and what to do about it.
    """
    language = preferred(request.headers.get("accept-language", ""))
    return described(request, language, [about(kind, language) for kind in KINDS.values()])  # type: ignore[return-value]


@router.get("/problems/{code}", dependencies=[public()], responses=problems(NotFound))
async def read_problem(request: Request, code: str, _: Nothing) -> dict[str, Any]:
    """One problem

    The page that a problem document's `type` leads to: what the problem means and what to do about it.
    """
    if code not in KINDS:
        raise NotFound
    language = preferred(request.headers.get("accept-language", ""))
    return described(request, language, about(KINDS[code], language))  # type: ignore[return-value]


def prefers_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def about(kind: type[Problem], language: Language) -> dict[str, Any]:
    return {
        "type": f"/problems/{kind.code}",
        "code": kind.code,
        "status": kind.status,
        "title": kind.title.in_(language),
        "detail": kind.mend.in_(language),
    }


def described(request: Request, language: Language, content: dict[str, Any] | list[dict[str, Any]]) -> Response:
    """The content as JSON, or as a page where HTML is asked for."""
    kinds = content if isinstance(content, list) else [content]
    sections = "".join(
        f'<h1><a href="{escape(kind["type"])}">{kind["status"]} {escape(kind["title"])}</a></h1>'
        f"<p><code>{escape(kind['code'])}</code></p><p>{escape(kind['detail'])}</p>"
        for kind in kinds
    )
    html = prefers_html(request)
    body = PAGE.format(language=language, sections=sections).encode() if html else orjson.dumps(content)
    headers = {
        "Content-Language": language,
        "Vary": "Accept, Accept-Language",
        "Cache-Control": CACHE,
        "ETag": entity_tag(body),
    }
    return Response(body, headers=headers, media_type="text/html" if html else "application/json")


PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rakornas</title><style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem}}
h1{{font-size:1.25rem}}</style></head><body>{sections}</body></html>"""
