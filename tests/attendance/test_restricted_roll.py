"""A restricted roll: a caller without a token gets no line and cannot infer any."""

import httpx
import pytest

from tests.attendance import synthetic_rolls
from tests.conftest import fetch_value
from tests.meetings.problem_comparison import comparable_problem
from tests.scenarios import assert_invalid

RESTRICTED_ROLL = "/v1/meetings/closed/attendance"
CHALLENGE = 'Bearer realm="rakornas", scope="attendance:read"'
INVALID_TOKEN_CHALLENGE = 'Bearer realm="rakornas", error="invalid_token"'  # names no scope, because none is missing
QUERIES = [
    "",
    "?page_size=1",
    "?sort=-updated_at",
    "?fields=id",
    "?organization=kpu-94",
    "?organization=kpu-99",
    "?session=alfa",
    "?session=only-here",
    "?session=nothing",
    "?status=sick",
    "?status=present&office=secretary_general",
    "?q=rahasia",
    "?q=arif",
    "?q=nobody%20at%20all",
]
RESTRICT = "UPDATE meetings SET roll = 'restricted' WHERE code = 'rakornas-2022-06'"


@pytest.mark.parametrize("query", QUERIES)
async def test_request_without_token_is_401(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(RESTRICTED_ROLL + query)
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"] == CHALLENGE
    assert response.headers["cache-control"] == "no-store"
    assert not {"etag", "link"} & set(response.headers)


@pytest.mark.parametrize("authorization", ["Bearer x", "Bearer", "Basic eDp5"])
@pytest.mark.parametrize("query", ["", "?organization=kpu-99", "?q=rahasia"])
async def test_invalid_token_is_401(client: httpx.AsyncClient, query: str, authorization: str) -> None:
    response = await client.get(RESTRICTED_ROLL + query, headers={"Authorization": authorization})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == INVALID_TOKEN_CHALLENGE


@pytest.mark.parametrize("query", QUERIES)
async def test_response_equals_that_of_an_empty_restricted_roll(client: httpx.AsyncClient, query: str) -> None:
    """No query can reveal who is on the roll."""
    assert comparable_problem(await client.get(RESTRICTED_ROLL + query)) == comparable_problem(
        await client.get("/v1/meetings/closed-empty/attendance")
    )


@pytest.mark.parametrize("query", ["?status=ill", "?colour=red", "?page_token=x", "?q=a", "?q=arif&sort=id"])
async def test_invalid_queries_are_refused_as_on_an_open_roll(client: httpx.AsyncClient, query: str) -> None:
    responses = [
        comparable_problem(await client.get(f"/v1/meetings/{meeting}/attendance{query}"))
        for meeting in ("closed", "named")
    ]
    assert responses[0] == responses[1]
    assert responses[0][0] == 422


async def test_head_is_401_too(client: httpx.AsyncClient) -> None:
    for query in QUERIES:
        response = await client.head(RESTRICTED_ROLL + query, headers={"If-None-Match": "*"})
        assert (response.status_code, response.content) == (401, b"")
        assert response.headers["www-authenticate"] == CHALLENGE


async def test_if_none_match_is_401_too(client: httpx.AsyncClient) -> None:
    assert (await client.get(RESTRICTED_ROLL, headers={"If-None-Match": "*"})).status_code == 401


async def test_summary_is_public(client: httpx.AsyncClient) -> None:
    for query in ("", "?by=organization", "?session=alfa"):
        assert (await client.get(f"{RESTRICTED_ROLL}/summary{query}")).status_code == 200
        wrong = await client.get(f"{RESTRICTED_ROLL}/summary{query}", headers={"Authorization": "Bearer x"})
        assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, INVALID_TOKEN_CHALLENGE)


async def test_next_page_is_401_after_the_roll_was_restricted(own_client: httpx.AsyncClient, own_url: str) -> None:
    path = "/v1/meetings/rakornas-2022-06/attendance"
    pages = [
        await own_client.get(f"{path}?page_size=5{query}") for query in ("", "&organization=kpu", "&q=mu", "&sort=-id")
    ]
    tag = pages[0].headers["etag"]
    links = [page.links["next"]["url"] for page in pages if page.json()["items"] and "next" in page.links]
    assert len(links) >= 3
    await fetch_value(own_url, RESTRICT)
    for link in links:
        for method in ("GET", "HEAD"):
            assert (await own_client.request(method, link)).status_code == 401
    unchanged = await own_client.get(f"{path}?page_size=5", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["www-authenticate"]) == (401, CHALLENGE)
    summary = (await own_client.get(f"{path}/summary")).json()
    assert (summary["invited"], summary["present"]) == (16, 16)


async def test_roll_is_public_as_soon_as_it_is_opened(own_client: httpx.AsyncClient, own_url: str) -> None:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    assert (await own_client.get(RESTRICTED_ROLL)).status_code == 401
    await fetch_value(own_url, "UPDATE meetings SET roll = 'open' WHERE code = 'closed'")
    items = (await own_client.get(RESTRICTED_ROLL)).json()["items"]
    assert [item["id"] for item in items] == [row["id"] for row in synthetic_rolls.RESTRICTED]
    assert [(item["status"], item["note"]) for item in items] == [
        ("present", None),
        ("excused", None),
        ("present", None),
    ]
    response = await own_client.get(f"{RESTRICTED_ROLL}?organization=kpu-99")
    assert_invalid(response, "organization", "unknown_code", "/v1/organizations")
