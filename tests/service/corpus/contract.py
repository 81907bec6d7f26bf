"""The routes and parameters of the published contract, so that the corpus includes all of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from app.core.http.openapi_components import is_anonymous
from tests.applications import resolve_document

CONTRACT_FILE = Path(__file__).parents[2] / "openapi.json"
Schema = Mapping[str, Any]
PATHS = resolve_document(orjson.loads(CONTRACT_FILE.read_bytes()))["paths"]
RESTRICTED_PREFIXES = tuple(
    template.partition("{")[0].encode()
    for template, methods in PATHS.items()
    if "get" in methods and not is_anonymous(methods["get"])
)
"""The beginnings of addresses that need a token."""


class Route(NamedTuple):
    """A GET route: the schemas of its parameters, and example values of the required ones."""

    template: str
    path: Mapping[str, Schema]
    query: Mapping[str, Schema]
    values: Mapping[str, str]
    required: tuple[str, ...]
    negotiates: bool
    writes: tuple[str, ...]

    def __str__(self) -> str:
        return self.template

    def address(self, **instead: str) -> str:
        """Return its path with the example values, or with the given ones unchanged."""
        return self.template.format_map({**{name: quote(self.values[name]) for name in self.path}, **instead})

    def target(self, query: str, *, without: str = "") -> str:
        """Return its address with its required parameters, except `without`, followed by this query."""
        needed = [f"{name}={quote(self.values[name])}" for name in self.required if name != without]
        return f"{self.address()}?{'&'.join([*needed, query])}"


def _example_meeting(template: str) -> dict[str, str]:
    """Return the code of the meeting in the reference data, for routes of a meeting."""
    return {"code": "rakornas-2022-06"} if template.startswith("/v1/meetings/{code}") else {}


def _build_route(template: str, operation: Mapping[str, Any]) -> Route:
    parameters = operation.get("parameters", [])
    return Route(
        template,
        path={parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "path"},
        query={parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"},
        values={p["name"]: p["example"] for p in parameters if p.get("required")} | _example_meeting(template),
        required=tuple(p["name"] for p in parameters if p["in"] == "query" and p.get("required")),
        negotiates="406" in operation["responses"],
        writes=tuple(method.upper() for method in PATHS[template] if method != "get"),
    )


ROUTES = [_build_route(template, methods["get"]) for template, methods in PATHS.items() if "get" in methods]
