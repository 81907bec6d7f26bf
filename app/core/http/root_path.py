"""Middleware for a service whose public paths have a prefix, because a proxy serves it beside others."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.root_path import root_path

METADATA_PATH = "/.well-known/oauth-authorization-server"


class RootPathMiddleware:
    """Remove the prefix from the paths of requests, and add it to the paths in `Location` and `Link`.

    A proxy may remove the prefix itself or pass it on, so both paths name the same resource. The bodies of responses
    get the prefix where they are built, with `app.core.root_path`.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        """
        Args:
            app: The application.
            prefix: Begins with a slash and does not end with one.
        """
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application for the path without the prefix, and let it build addresses with the prefix."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_prefix(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_prefix_to_headers(MutableHeaders(scope=message), self.prefix)
            await send(message)

        token = root_path.set(self.prefix)
        try:
            await self.app(remove_prefix(scope, self.prefix), receive, send_with_prefix)
        finally:
            root_path.reset(token)


def remove_prefix(scope: Scope, prefix: str) -> Scope:
    """Return the scope with the path inside the service.

    The metadata of the issuer `https://host/prefix` is also found where clients look for it, at
    `https://host/.well-known/oauth-authorization-server/prefix` (RFC 8414, section 3).
    """
    path: str = scope["path"]
    if path == METADATA_PATH + prefix:
        return {**scope, "path": METADATA_PATH, "raw_path": METADATA_PATH.encode()}
    if not f"{path}/".startswith(f"{prefix}/"):
        return scope
    # The prefix consists of characters that need no escape, so it is as long in the raw path unless somebody
    # escaped them nevertheless.
    raw_path: bytes = scope.get("raw_path") or b""
    encoded = prefix.encode()
    raw_path = raw_path.removeprefix(encoded) if raw_path.startswith(encoded) else raw_path
    return {**scope, "path": path.removeprefix(prefix) or "/", "raw_path": raw_path or b"/"}


def add_prefix_to_headers(headers: MutableHeaders, prefix: str) -> None:
    """Add the prefix in place to the paths in `Location` and `Link`; other addresses stay."""
    if (location := headers.get("location", "")).startswith("/"):
        headers["Location"] = prefix + location
    if "</" in (link := headers.get("link", "")):
        headers["Link"] = link.replace("</", f"<{prefix}/")
