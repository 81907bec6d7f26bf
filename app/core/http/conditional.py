"""Entity tags and conditional requests (RFC 9110, section 13).

All entity tags are strong. That of an item is `"<revision>.<hash>"`, that of a list `"<hash>"`, where the hash is that
of the body. The name of the content coding is appended to the tag of a compressed body, because its bytes differ.
"""

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS_OF_304 = frozenset({b"cache-control", b"content-location", b"date", b"etag", b"expires", b"link", b"vary"})


def public_cache_control(max_age: int, *, valid_seconds: int | None = None) -> str:
    """Return the Cache-Control of a public response: fresh for `max_age`, never used after `valid_seconds`.

    Args:
        max_age: Seconds for which the response is fresh; for ten times as long it may be used while revalidating.
        valid_seconds: Seconds after which it must not be used at all, such as those until the end of the day.
    """
    stale_while_revalidate = 10 * max_age
    if valid_seconds is not None:
        max_age = min(max_age, valid_seconds)
        stale_while_revalidate = min(stale_while_revalidate, valid_seconds - max_age)
    return f"public, max-age={max_age}, stale-while-revalidate={stale_while_revalidate}"


def entity_tag(body: bytes, revision: int | None = None) -> str:
    """Return the strong entity tag of a body: the revision, if it is given, and a hash of the body."""
    digest = blake2b(body, digest_size=12).hexdigest()
    return f'"{digest}"' if revision is None else f'"{revision}.{digest}"'


def json_response(
    body: bytes, *, cache_control: str, revision: int | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Build a 200 response with a JSON body, ETag, Cache-Control and Vary, which `headers` can override."""
    return Response(
        body,
        headers={
            "ETag": entity_tag(body, revision),
            "Cache-Control": cache_control,
            "Vary": "Accept",
            **(headers or {}),
        },
        media_type="application/json",
    )


class ConditionalMiddleware:
    """Answer 304 to a GET or HEAD whose If-None-Match names the entity tag of the response.

    It runs outside the compression and appends the content coding to the entity tag.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        known_tags = parse_if_none_match(Headers(scope=scope).getlist("if-none-match"))
        is_unchanged = False

        async def send_if_changed(message: Message) -> None:
            nonlocal is_unchanged
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = MutableHeaders(scope=message)
                tag = append_coding_to_etag(headers)
                if tag is not None and ("*" in known_tags or tag in known_tags):
                    is_unchanged = True
                    headers_of_304 = [pair for pair in message["headers"] if pair[0].lower() in HEADERS_OF_304]
                    message = {**message, "status": 304, "headers": headers_of_304}
            elif is_unchanged and message["type"] == "http.response.body":
                if message.get("more_body", False):
                    return
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self.app(scope, receive, send_if_changed)


def append_coding_to_etag(headers: MutableHeaders) -> str | None:
    """Append a response's content coding, if any, to its ETag in place; return the ETag, None if it has none."""
    tag, coding = headers.get("etag"), headers.get("content-encoding")
    if tag is not None and coding:
        tag = f'{tag[:-1]}-{coding}"'
        headers["etag"] = tag
    return tag


def parse_if_none_match(values: list[str]) -> frozenset[str]:
    """Return the entity tags of If-None-Match without `W/`, for a weak comparison (RFC 9110, 13.1.2)."""
    return frozenset(tag.strip().removeprefix("W/") for value in values for tag in value.split(","))


def if_match_names_revision(if_match: str, revision: int) -> bool:
    """Return whether If-Match (RFC 9110, section 13.1.1) is `*` or names this revision, whatever the hash.

    Only the revision in the tag is compared. The hash also covers content that is not the item's own, such as names of
    other objects: if that changed, the caller still knows what it overwrites. Weak tags never match.
    """
    tags = [tag.strip() for tag in if_match.split(",")]
    return "*" in tags or any(tag.startswith(f'"{revision}.') and tag.endswith('"') for tag in tags)
