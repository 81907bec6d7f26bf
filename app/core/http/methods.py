"""HEAD and OPTIONS for every route, which the routes themselves know nothing of."""

import re
from functools import cached_property

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import MethodNotAllowed, NotFound


class MethodsMiddleware:
    """HEAD is GET without its body (RFC 9110 9.3.2), OPTIONS tells the methods (9.3.7), and so does every 405 (15.5.6).

    `allowed` names the methods of the routes at a scope's path: none where there is no route.
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
        elif (narrower := self.allowed.methods_of_literal_path(scope["path"])) and scope["method"] not in narrower:
            answer = MethodNotAllowed().response(scope)
            await answer(scope, receive, self._with_allow(scope, send))
        else:
            await self.app(scope, receive, self._with_allow(scope, send))

    async def _answer_options(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow = self._allow_header(scope)
        answer = Response(status_code=204, headers={"Allow": allow}) if allow else NotFound().response(scope)
        await answer(scope, receive, send)

    async def _answer_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A copy: the server looks at its own scope to see that a HEAD takes no body.
        get = {**scope, "method": "GET"}
        if (narrower := self.allowed.methods_of_literal_path(scope["path"])) and "GET" not in narrower:
            await MethodNotAllowed().response(scope)(scope, receive, _discard_body(self._with_allow(scope, send)))
            return
        try:
            await self.app(get, receive, self._with_allow(scope, _discard_body(send)))
        finally:
            if "route" in get:
                scope["route"] = get["route"]  # for the rooms outside, which count by route

    def _with_allow(self, scope: Scope, send: Send) -> Send:
        """A 405 of the router names only the first route of the path, and neither HEAD nor OPTIONS."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:
                allow = self._allow_header(scope)
                if allow:
                    MutableHeaders(scope=message)["Allow"] = allow
            await send(message)

        return told

    def _allow_header(self, scope: Scope) -> str:
        methods = self.allowed(scope)
        if methods:
            methods |= {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
        return ", ".join(sorted(methods))


def _discard_body(send: Send) -> Send:
    """The answer is over with its head, so that the HEAD of an endless stream ends too."""

    async def head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return head


class AllowedMethods:
    """The methods of all routes of an app that match a path; what is mounted serves files, by GET.

    Where one address is also another's with a variable (`…/attendance/summary`, `…/attendance/{participant}`), it has
    the methods of its own routes only. The routes are gone through at each asking: included routers come into being
    late.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def __call__(self, scope: Scope) -> frozenset[str]:
        methods: set[str] = set()
        asked = dict(scope)  # matching writes into the scope
        narrower = self.methods_of_literal_path(scope["path"])
        for route in iter_route_contexts(self.app.router.routes):
            match, _ = route.matches(asked)
            if match is not Match.NONE:
                methods |= route.methods or {"GET"}
                scope.setdefault("route", route.original_route)  # for the rooms outside, which count by route
        return narrower or frozenset(methods)

    def methods_of_literal_path(self, path: str) -> frozenset[str]:
        """The methods of an address that is also another's with a variable; none where it is no such address."""
        return next((methods for pattern, methods in self._literal_paths if pattern.fullmatch(path)), frozenset())

    @cached_property
    def _literal_paths(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
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
