"""HEAD and OPTIONS for every route, without code in the routes."""

import re
from functools import cached_property

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.bodies import PATCH_TYPES
from app.core.problems import MethodNotAllowed, NotFound


class MethodsMiddleware:
    """Answer HEAD as GET without the body, and OPTIONS with the allowed methods (RFC 9110, sections 9.3.2 and 9.3.7).

    Every 405 names the allowed methods in `Allow` as well (section 15.5.6).
    """

    def __init__(self, app: ASGIApp, allowed: "AllowedMethods") -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._answer_options(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._answer_head(scope, receive, send)
        elif (literal := self.allowed.methods_of_literal_path(scope["path"])) and scope["method"] not in literal:
            response = MethodNotAllowed().response(scope)
            await response(scope, receive, self._with_allow(scope, send))
        else:
            await self.app(scope, receive, self._with_allow(scope, send))

    async def _answer_options(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an OPTIONS request: 204 with `Allow` and perhaps `Accept-Patch`, or 404 if there is no route."""
        allow = self._allow_header(scope)
        headers = {"Allow": allow}
        if "PATCH" in allow.split(", "):
            headers["Accept-Patch"] = ", ".join(PATCH_TYPES)  # RFC 5789, section 3.1
        response = Response(status_code=204, headers=headers) if allow else NotFound().response(scope)
        await response(scope, receive, send)

    async def _answer_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a HEAD request as a GET without its body; 405 if the path has no GET."""
        # A copy, because the server reads the method of its own scope to omit the body of a HEAD.
        get = {**scope, "method": "GET"}
        if (literal := self.allowed.methods_of_literal_path(scope["path"])) and "GET" not in literal:
            await MethodNotAllowed().response(scope)(scope, receive, _discard_body(self._with_allow(scope, send)))
            return
        try:
            await self.app(get, receive, self._with_allow(scope, _discard_body(send)))
        finally:
            if "route" in get:
                scope["route"] = get["route"]  # for the access log, which counts by route

    def _with_allow(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that sets the header `Allow` of a 405 to all methods of the path, and passes on the rest."""

        async def send_with_allow(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:
                allow = self._allow_header(scope)
                if allow:
                    MutableHeaders(scope=message)["Allow"] = allow
            await send(message)

        return send_with_allow

    def _allow_header(self, scope: Scope) -> str:
        """Return the value of Allow for a path: its methods, OPTIONS and HEAD; empty if there is no route."""
        methods = self.allowed(scope)
        if methods:
            methods |= {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
        return ", ".join(sorted(methods))


def _discard_body(send: Send) -> Send:
    """Return a `send` that ends the response after its headers, so that a HEAD of an endless stream ends too."""

    async def send_headers_only(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_headers_only


class AllowedMethods:
    """The allowed methods of each path of an app.

    A path without parameters that also matches a path with one (`…/attendance/summary`, `…/attendance/{participant}`)
    has only the methods of its own routes. Routes are looked up at each call, because included routers are expanded
    late.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def __call__(self, scope: Scope) -> frozenset[str]:
        """Return the methods of the routes at the path of a request; empty if there is no route."""
        methods: set[str] = set()
        scope_copy = dict(scope)  # matching changes the scope
        literal = self.methods_of_literal_path(scope["path"])
        for route in iter_route_contexts(self.app.router.routes):
            match, _ = route.matches(scope_copy)
            if match is not Match.NONE:
                methods |= route.methods or {"GET"}  # a mount has no methods: it serves files
                scope.setdefault("route", route.original_route)  # for the access log, which counts by route
        return literal or frozenset(methods)

    def methods_of_literal_path(self, path: str) -> frozenset[str]:
        """Return the methods of a path with a route of its own that also matches a template; else an empty set."""
        return next((methods for pattern, methods in self._literal_paths if pattern.fullmatch(path)), frozenset())

    @cached_property
    def _literal_paths(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
        """The (pattern, methods) of each path without parameters that matches another route's template too."""
        routes = [route for route in iter_route_contexts(self.app.router.routes) if isinstance(route.route, Route)]
        methods: dict[str, set[str]] = {}
        for route in routes:
            methods.setdefault(str(route.path), set()).update(route.methods or ())
        patterns = {path: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for path in methods}
        return [
            (patterns[path], frozenset(methods[path]))
            for path in methods
            if any(pattern.fullmatch(path) for other, pattern in patterns.items() if other != path)
        ]
