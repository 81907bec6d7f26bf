"""Headers that tell browsers what not to do: on every response, and more of them on pages."""

import re

import httpx
import pytest
from starlette.datastructures import MutableHeaders

from app.core.http.security_headers import NOTHING_POLICY, add_security_headers, hash_source

PAGES = ("/docs", "/problems", "/problems/not_found")
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("GET", path)
            for path in ("/v1/regions", "/openapi.json", "/docs/swagger-ui.css", "/health/live", "/metrics")
        ),
        *(("GET", path) for path in ("/v1/nothing", "/v1/regions?x=1", "/v1/clients", *PAGES)),
        *(("HEAD", "/v1/regions"), ("OPTIONS", "/v1/regions"), ("PUT", "/v1/regions"), ("POST", "/oauth/token")),
    ],
)
async def test_stated_media_type_holds(client: httpx.AsyncClient, method: str, path: str) -> None:
    response = await client.request(method, path)
    assert response.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_cannot_be_framed_and_load_only_their_own_parts(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path, headers=HTML)
    directives = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    none = ("default-src", "frame-ancestors", "base-uri", "form-action")
    assert {name: directives[name] for name in none} == dict.fromkeys(none, "'none'")
    assert "unsafe" not in response.headers["content-security-policy"]
    assert (response.headers["x-frame-options"], response.headers["referrer-policy"]) == ("DENY", "no-referrer")
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        for text in re.findall(rf"<{element}>(.*?)</{element}>", response.text, re.DOTALL):
            assert hash_source(text) in directives[directive].split()


async def test_responses_that_are_no_pages_have_no_policy(client: httpx.AsyncClient) -> None:
    assert "content-security-policy" not in (await client.get("/problems")).headers


def test_document_without_a_policy_may_load_nothing() -> None:
    headers = MutableHeaders({"content-type": "image/svg+xml"})
    add_security_headers(headers)
    assert headers["content-security-policy"] == NOTHING_POLICY


def test_hash_source_is_that_of_the_specification() -> None:
    """The example of Content Security Policy Level 3, section 2.3.1."""
    assert hash_source("doSomething();") == "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"
