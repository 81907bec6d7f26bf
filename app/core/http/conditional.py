"""Entity tags and conditional requests (RFC 9110, section 13).

All entity tags are strong. That of an item is `"<revision>.<hash>"`, that of a list `"<hash>"`, where the hash is that
of the body. The name of the content coding is appended to the tag of a compressed body, because its bytes differ.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.languages import Text
from app.core.problems import PreconditionFailed

# One entity tag of a list. Proxies weaken tags, and some clients remove their quotes.
_ENTITY_TAG = re.compile(r'[ \t]*(?:(?:[Ww]/)?(?:"([^"]*)"|([^\s,"]+)))?[ \t]*(?:,|$)')
# What compressing proxies append to a tag: Apache `-gzip`, older ones `;gzip`, Jetty `--gzip`.
_CODING_SUFFIXES = re.compile(r"(?:(?:--?|;|:)(?:gzip|br|zstd|deflate|df))*", re.IGNORECASE)
_REVISION_TAG = re.compile(r"[0-9]+\..+")
WRONG_TAG_FORM = Text(
    'If-Match harus memuat ETag dari pembacaan terakhir, "<revision>.<hash>" dengan tanda kutip, atau *.',
    'If-Match must have the ETag that you last read, "<revision>.<hash>" in quotes, or *.',
)
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
                if tag is not None and any(_is_same_representation(known, tag) for known in known_tags):
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


def parse_entity_tags(values: Sequence[str]) -> list[str]:
    """Return the entity tags of If-Match or If-None-Match without `W/` and quotes; `["*"]` for an asterisk.

    A tag without quotes is accepted. A header in which a quote is not closed names no tag.

    Args:
        values: The values of all header lines of this name.
    """
    value, tags, position = ", ".join(values).strip(" \t"), [], 0
    if value == "*":
        return ["*"]
    while position < len(value):
        match = _ENTITY_TAG.match(value, position)
        if match is None:
            return []
        tag = match[1] if match[1] is not None else match[2]
        if tag and tag != "*":
            tags.append(tag)
        position = match.end()
    return tags


def parse_if_none_match(values: Sequence[str]) -> frozenset[str]:
    """Return the entity tags of If-None-Match, for a weak comparison (RFC 9110, 13.1.2)."""
    return frozenset(parse_entity_tags(values))


def _is_same_representation(known_tag: str, etag: str) -> bool:
    """Return whether a tag of If-None-Match is `*` or the ETag, perhaps with suffixes that a proxy appended."""
    tag = etag.strip('"')
    return known_tag == "*" or (
        known_tag.startswith(tag) and _CODING_SUFFIXES.fullmatch(known_tag, len(tag)) is not None
    )


def if_match_names_revision(if_match: str, revision: int) -> bool:
    """Return whether If-Match (RFC 9110, section 13.1.1) is `*` or names this revision, whatever the hash.

    Only the revision in the tag is compared. The hash also covers content that is not the item's own, such as names of
    other objects: if that changed, the caller still knows what it overwrites. So a tag that a proxy weakened, or to
    which it appended a content coding, names the same revision.
    """
    tags = parse_entity_tags([if_match])
    return tags == ["*"] or any(tag.startswith(f"{revision}.") for tag in tags)


def build_precondition_failed(if_match: str, etag: str) -> PreconditionFailed:
    """Build (not raise) the problem for an If-Match that does not name the current revision.

    Args:
        if_match: The value of If-Match.
        etag: The current ETag of the object.
    """
    has_right_form = any(_REVISION_TAG.fullmatch(tag) for tag in parse_entity_tags([if_match]))
    return PreconditionFailed(detail=None if has_right_form else WRONG_TAG_FORM, headers={"ETag": etag})
