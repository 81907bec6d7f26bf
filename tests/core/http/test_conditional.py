from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.conditional import (
    WRONG_TAG_FORM,
    ConditionalMiddleware,
    build_precondition_failed,
    entity_tag,
    if_match_names_revision,
    json_response,
    public_cache_control,
)

KEPT_HEADERS = {
    "Cache-Control": "public",
    "Content-Location": "/x",
    "Date": "Mon, 01 Jan 2024 00:00:00 GMT",
    "Expires": "0",
    "Link": "</x>",
    "Vary": "Accept",
}
DROPPED_HEADERS = {"Content-Language": "id", "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}


async def send_request(app: ASGIApp, method: str = "GET", **headers: str) -> httpx.Response:
    request_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(ConditionalMiddleware(app)), base_url="http://test"
    ) as client:
        return await client.request(method, "/", headers=request_headers)


class TestConditionalMiddleware:
    @pytest.mark.parametrize(
        ("if_none_match", "status"),
        [
            ('"a"', 304),
            ('W/"a"', 304),
            ('"b", "a"', 304),
            ('"b" ,W/"a"', 304),
            (',, \t"b",\t,W/"a" ,', 304),
            ('w/"a"', 304),
            ('"b,c","a"', 304),
            ("a", 304),
            ("W/a", 304),
            ("b,a", 304),
            ('"a-gzip"', 304),
            ('W/"a-gzip"', 304),
            ('"a;gzip"', 304),
            ('"a--gzip"', 304),
            ('"a:br"', 304),
            ('"a-gzip-gzip"', 304),
            ('"a-lz4"', 200),
            ('"a-"', 200),
            ('"a-gzipped"', 200),
            ('"ab"', 200),
            ('"b,a"', 200),
            ('"b", *', 200),  # RFC 9110, section 13.1.2: an asterisk or a list
            ('"*"', 200),
            ("*", 304),
            ('"b"', 200),
            ('"A"', 200),
            ('"a', 200),
            ('"b","a', 200),
            ("", 200),
        ],
    )
    async def test_matching_if_none_match_is_304_without_body(self, if_none_match: str, status: int) -> None:
        response = await send_request(Response("body", headers={"ETag": '"a"'}), if_none_match=if_none_match)
        assert (response.status_code, response.text) == (status, "body" if status == 200 else "")

    async def test_304_has_only_the_headers_for_caches(self) -> None:
        response = await send_request(
            Response("body", headers={"ETag": '"a"', **KEPT_HEADERS, **DROPPED_HEADERS}), if_none_match='"a"'
        )
        assert {name: response.headers.get(name) for name in KEPT_HEADERS} == KEPT_HEADERS
        assert response.headers["etag"] == '"a"'
        assert not {"content-length", "content-type", *(name.lower() for name in DROPPED_HEADERS)} & set(
            response.headers
        )

    async def test_compressed_response_has_its_own_etag(self) -> None:
        zipped = Response(b"", headers={"ETag": '"a"', "Content-Encoding": "gzip"})
        assert (await send_request(zipped)).headers["etag"] == '"a-gzip"'
        assert (await send_request(zipped, if_none_match='"a"')).status_code == 200
        for tag in ('"a-gzip"', 'W/"a-gzip"', "a-gzip", '"a-gzip-gzip"'):  # Apache appends it to the tag of a 304 too
            response = await send_request(zipped, if_none_match=tag)
            assert (response.status_code, response.headers["etag"]) == (304, '"a-gzip"')

    async def test_several_if_none_match_lines_are_one_list(self) -> None:
        transport = httpx.ASGITransport(ConditionalMiddleware(Response("body", headers={"ETag": '"a"'})))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            response = await client.get("/", headers=[("If-None-Match", '"b"'), ("If-None-Match", '"a"')])
        assert response.status_code == 304

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def test_other_methods_ignore_if_none_match(self, method: str) -> None:
        response = await send_request(Response("done", headers={"ETag": '"a"'}), method, if_none_match='"a"')
        assert (response.status_code, response.text) == (200, "done")

    @pytest.mark.parametrize("status", [201, 206, 308, 404, 503])
    async def test_other_status_codes_never_become_304(self, status: int) -> None:
        assert (await send_request(Response("", status, {"ETag": '"a"'}), if_none_match='"a", *')).status_code == status

    async def test_response_without_etag_is_never_304(self) -> None:
        assert (await send_request(Response("body"), if_none_match="*")).status_code == 200

    async def test_streamed_response_becomes_304(self) -> None:
        async def pieces() -> AsyncIterator[str]:
            for piece in "abc":
                yield piece

        response = await send_request(StreamingResponse(pieces(), headers={"ETag": '"a"'}), if_none_match='"a"')
        assert (response.status_code, response.content) == (304, b"")

    async def test_lifespan_scope_passes_through(self) -> None:
        scopes: list[Scope] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scopes.append(scope)

        await ConditionalMiddleware(app)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
        assert scopes == [{"type": "lifespan"}]


class TestIfMatch:
    @pytest.mark.parametrize(
        "if_match",
        [
            *("*", " * ", '"3.a"', 'W/"3.a"', "3.a", "W/3.a", '"3.a-gzip"', '"3.a;gzip"', '"3.a--gzip"'),
            *('W/"3.a-br"', '"1.a", "3.a"', '"1.a" ,\t,W/"3.a",', ',"3.a"', '"1.a,2.b","3.a"'),
        ],
    )
    def test_names_the_revision(self, if_match: str) -> None:
        assert if_match_names_revision(if_match, 3)

    @pytest.mark.parametrize(
        "if_match",
        ["", ",", '"3"', "3", '"30.a"', '"13.a"', '"2.a"', '"3.a', '"*"', '*, "2.a"', '"2.a,3.b"', "'3.a'", '"x3.a"'],
    )
    def test_does_not_name_the_revision(self, if_match: str) -> None:
        assert not if_match_names_revision(if_match, 3)

    @pytest.mark.parametrize(
        ("if_match", "tells_the_form"),
        [('"2.a"', False), ("W/2.a-gzip", False), ('"x", "1.a"', False), ('"3"', True), ("x", True), ('"3.a', True)],
    )
    def test_problem_tells_the_form_of_a_tag_that_cannot_be_ours(self, if_match: str, tells_the_form: bool) -> None:
        problem = build_precondition_failed(if_match, '"3.b"')
        assert problem.headers == {"ETag": '"3.b"'}
        assert (problem.detail == WRONG_TAG_FORM) is tells_the_form


class TestJsonResponse:
    def test_etag_is_the_revision_and_the_hash_of_the_body(self) -> None:
        assert entity_tag(b"a") == entity_tag(b"a") != entity_tag(b"b")
        assert entity_tag(b"a", 7) == f'"7.{entity_tag(b"a")[1:]}'
        assert entity_tag(b"a", 0).startswith('"0.')

    def test_public_response_has_cache_headers(self) -> None:
        response = json_response(b"{}", cache_control=public_cache_control(60), headers={"Link": "</x>"})
        assert response.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
        assert (response.headers["vary"], response.headers["link"]) == ("Accept", "</x>")
        assert response.headers["content-type"] == "application/json"
