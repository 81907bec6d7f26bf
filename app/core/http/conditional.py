"""Entity tags and conditional requests (RFC 9110, section 13).

Every answer's tag is strong: it names the bytes. An item's is `"<revision>.<hash>"`, a list's the hash alone. A
compressed form has the coding's name at the end, for its bytes are others.
"""

from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS_OF_304 = frozenset({b"cache-control", b"content-location", b"date", b"etag", b"expires", b"link", b"vary"})


def public_cache_control(max_age: int, *, valid_seconds: int | None = None) -> str:
    """The Cache-Control of a public answer: fresh for `seconds`, then usable while a cache fetches the next one.

    `at_most`: the seconds after which it may not be used at all, as the answer about a day that is over.
    """
    fresh, stale = max_age, 10 * max_age
    if valid_seconds is not None:
        fresh = min(fresh, valid_seconds)
        stale = min(stale, valid_seconds - fresh)
    return f"public, max-age={fresh}, stale-while-revalidate={stale}"


def entity_tag(body: bytes, revision: int | None = None) -> str:
    digest = blake2b(body, digest_size=12).hexdigest()
    return f'"{digest}"' if revision is None else f'"{revision}.{digest}"'


def json_response(
    body: bytes, *, cache: str, revision: int | None = None, headers: dict[str, str] | None = None
) -> Response:
    """A 200 with a JSON body, its tag and its cache policy."""
    return Response(
        body,
        headers={"ETag": entity_tag(body, revision), "Cache-Control": cache, "Vary": "Accept", **(headers or {})},
        media_type="application/json",
    )


class ConditionalMiddleware:
    """Outside the compression: marks the tag of a compressed form, and answers 304 to a caller that has these bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        had = parse_if_none_match(Headers(scope=scope).getlist("if-none-match"))
        unchanged = False

        async def compare(message: Message) -> None:
            nonlocal unchanged
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = MutableHeaders(scope=message)
                tag = append_coding_to_etag(headers)
                if tag is not None and ("*" in had or tag in had):
                    unchanged = True
                    kept = [pair for pair in message["headers"] if pair[0].lower() in HEADERS_OF_304]
                    message = {**message, "status": 304, "headers": kept}
            elif unchanged and message["type"] == "http.response.body":
                if message.get("more_body", False):
                    return
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self.app(scope, receive, compare)


def append_coding_to_etag(headers: MutableHeaders) -> str | None:
    """Add the content coding to the entity tag, and return the tag."""
    tag, coding = headers.get("etag"), headers.get("content-encoding")
    if tag is not None and coding:
        tag = f'{tag[:-1]}-{coding}"'
        headers["etag"] = tag
    return tag


def parse_if_none_match(values: list[str]) -> frozenset[str]:
    """The tags of If-None-Match, compared weakly: `W/` in front does not count (RFC 9110, section 13.1.2)."""
    return frozenset(tag.strip().removeprefix("W/") for value in values for tag in value.split(","))


def if_match_names_revision(if_match: str, revision: int) -> bool:
    """Whether If-Match (RFC 9110, section 13.1.1) names this revision: an item's tag begins with it.

    The rest of the tag names bytes, which hold what is not the object's own, as the names of others and the days to go:
    they may have changed, and the caller still knows what it is about to overwrite. A weak tag matches nothing.
    """
    tags = [tag.strip() for tag in if_match.split(",")]
    return "*" in tags or any(tag.startswith(f'"{revision}.') and tag.endswith('"') for tag in tags)
