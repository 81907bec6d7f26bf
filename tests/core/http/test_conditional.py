from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.conditional import ConditionalMiddleware, entity_tag, json_response, public_cache_control

KEPT = {
    "Cache-Control": "public",
    "Content-Location": "/x",
    "Date": "Mon, 01 Jan 2024 00:00:00 GMT",
    "Expires": "0",
    "Link": "</x>",
    "Vary": "Accept",
}
DROPPED = {"Content-Language": "id", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}


async def ask(app: ASGIApp, method: str = "GET", **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(ConditionalMiddleware(app)), base_url="http://test"
    ) as client:
        return await client.request(method, "/", headers=given)


class TestConditional:
    @pytest.mark.parametrize(
        ("had", "status"),
        [
            ('"a"', 304),
            ('W/"a"', 304),
            ('"b", "a"', 304),
            ('"b" ,W/"a"', 304),
            ("*", 304),
            ('"b"', 200),
            ("a", 200),
            ('"A"', 200),
            ('"a', 200),
            ("", 200),
        ],
    )
    async def test_a_caller_who_has_these_bytes_gets_none(self, had: str, status: int) -> None:
        answer = await ask(Response("body", headers={"ETag": '"a"'}), if_none_match=had)
        assert (answer.status_code, answer.text) == (status, "body" if status == 200 else "")

    async def test_a_304_has_the_headers_that_a_cache_renews(self) -> None:
        answer = await ask(Response("body", headers={"ETag": '"a"', **KEPT, **DROPPED}), if_none_match='"a"')
        assert {name: answer.headers.get(name) for name in KEPT} == KEPT
        assert answer.headers["etag"] == '"a"'
        assert not {"content-length", "content-type", *(name.lower() for name in DROPPED)} & set(answer.headers)

    async def test_a_compressed_form_has_a_tag_of_its_own(self) -> None:
        zipped = Response(b"", headers={"ETag": '"a"', "Content-Encoding": "gzip"})
        assert (await ask(zipped)).headers["etag"] == '"a-gzip"'
        assert (await ask(zipped, if_none_match='"a"')).status_code == 200
        answer = await ask(zipped, if_none_match='"a-gzip"')
        assert (answer.status_code, answer.headers["etag"]) == (304, '"a-gzip"')

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def test_only_reads_are_compared(self, method: str) -> None:
        answer = await ask(Response("done", headers={"ETag": '"a"'}), method, if_none_match='"a"')
        assert (answer.status_code, answer.text) == (200, "done")

    @pytest.mark.parametrize("status", [201, 206, 308, 404, 503])
    async def test_only_a_200_becomes_a_304(self, status: int) -> None:
        assert (await ask(Response("", status, {"ETag": '"a"'}), if_none_match='"a", *')).status_code == status

    async def test_an_answer_without_a_tag_is_never_unchanged(self) -> None:
        assert (await ask(Response("body"), if_none_match="*")).status_code == 200

    async def test_a_streamed_answer_ends_once(self) -> None:
        async def pieces() -> AsyncIterator[str]:
            for piece in "abc":
                yield piece

        answer = await ask(StreamingResponse(pieces(), headers={"ETag": '"a"'}), if_none_match='"a"')
        assert (answer.status_code, answer.content) == (304, b"")

    async def test_what_is_no_request_passes(self) -> None:
        seen: list[Scope] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope)

        await ConditionalMiddleware(app)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
        assert seen == [{"type": "lifespan"}]


class TestReply:
    def test_the_tag_names_the_bytes(self) -> None:
        assert entity_tag(b"a") == entity_tag(b"a") != entity_tag(b"b")
        assert entity_tag(b"a", 7) == f'"7.{entity_tag(b"a")[1:]}'
        assert entity_tag(b"a", 0).startswith('"0.')

    def test_open_data_may_be_kept(self) -> None:
        answer = json_response(b"{}", cache_control=public_cache_control(60), headers={"Link": "</x>"})
        assert answer.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
        assert (answer.headers["vary"], answer.headers["link"]) == ("Accept", "</x>")
        assert answer.headers["content-type"] == "application/json"
