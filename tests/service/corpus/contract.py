"""What the published contract offers, so that no route and no parameter is forgotten."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

PUBLISHED = Path(__file__).parents[2] / "openapi.json"
Schema = Mapping[str, Any]
PATHS = orjson.loads(PUBLISHED.read_bytes())["paths"]
CLOSED = tuple(
    template.partition("{")[0].encode()
    for template, methods in PATHS.items()
    if "get" in methods and "security" in methods["get"]
)
"""How the addresses begin that are read with a token."""


class Route(NamedTuple):
    """A route, and what can be asked of it: the schemas of its parameters, and for some of them a value."""

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
        """Its path with a value in each segment; `instead` is put as it is."""
        return self.template.format_map({**{name: quote(self.values[name]) for name in self.path}, **instead})

    def target(self, query: str, *, without: str = "") -> str:
        """Its address with this query behind what it cannot be asked without."""
        needed = [f"{name}={quote(self.values[name])}" for name in self.required if name != without]
        return f"{self.address()}?{'&'.join([*needed, query])}"


def _meeting(template: str) -> dict[str, str]:
    """Of the meetings in the examples, the one in the reference data."""
    return {"code": "rakornas-2022-06"} if template.startswith("/v1/meetings/{code}") else {}


def _route(template: str, operation: Mapping[str, Any]) -> Route:
    parameters = operation.get("parameters", [])
    return Route(
        template,
        path={parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "path"},
        query={parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"},
        values={p["name"]: p["example"] for p in parameters if p.get("required")} | _meeting(template),
        required=tuple(p["name"] for p in parameters if p["in"] == "query" and p.get("required")),
        negotiates="406" in operation["responses"],
        writes=tuple(method.upper() for method in PATHS[template] if method != "get"),
    )


ROUTES = [_route(template, methods["get"]) for template, methods in PATHS.items() if "get" in methods]
