"""A restricted roll: nobody without a token sees a row of it, nor can tell what stands in it."""

import httpx
import pytest

from tests.attendance import synthetic_rolls
from tests.conftest import fetch
from tests.meetings.answers import problem
from tests.scenarios import assert_refused

CLOSED = "/v1/meetings/closed/attendance"
CHALLENGE = 'Bearer realm="rakornas", scope="attendance:read"'
INVALID = 'Bearer realm="rakornas", error="invalid_token"'  # whatever is asked: no scope would mend it
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
async def test_a_token_is_needed(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(CLOSED + query)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert answer.headers["cache-control"] == "no-store"
    assert not {"etag", "link"} & set(answer.headers)


@pytest.mark.parametrize("authorization", ["Bearer x", "Bearer", "Basic eDp5"])
@pytest.mark.parametrize("query", ["", "?organization=kpu-99", "?q=rahasia"])
async def test_what_is_no_token_of_ours_is_invalid(client: httpx.AsyncClient, query: str, authorization: str) -> None:
    answer = await client.get(CLOSED + query, headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == INVALID


@pytest.mark.parametrize("query", QUERIES)
async def test_it_looks_like_an_empty_one(client: httpx.AsyncClient, query: str) -> None:
    """Whatever is asked, the answer is that of a roll on which nobody stands: so it tells nothing of who does."""
    assert problem(await client.get(CLOSED + query)) == problem(
        await client.get("/v1/meetings/closed-empty/attendance")
    )


@pytest.mark.parametrize("query", ["?status=ill", "?colour=red", "?page_token=x", "?q=a", "?q=arif&sort=id"])
async def test_what_nobody_may_ask_is_refused_alike(client: httpx.AsyncClient, query: str) -> None:
    answers = [
        problem(await client.get(f"/v1/meetings/{meeting}/attendance{query}")) for meeting in ("closed", "named")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 422


async def test_a_head_tells_no_more(client: httpx.AsyncClient) -> None:
    for query in QUERIES:
        answer = await client.head(CLOSED + query, headers={"If-None-Match": "*"})
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["www-authenticate"] == CHALLENGE


async def test_a_tag_is_no_way_round(client: httpx.AsyncClient) -> None:
    assert (await client.get(CLOSED, headers={"If-None-Match": "*"})).status_code == 401


async def test_a_stranger_may_ask_how_many(client: httpx.AsyncClient) -> None:
    for query in ("", "?by=organization", "?session=alfa"):
        assert (await client.get(f"{CLOSED}/summary{query}")).status_code == 200
        wrong = await client.get(f"{CLOSED}/summary{query}", headers={"Authorization": "Bearer x"})
        assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, INVALID)


async def test_a_walk_ends_where_the_roll_is_closed(own_client: httpx.AsyncClient, own_url: str) -> None:
    path = "/v1/meetings/rakornas-2022-06/attendance"
    pages = [
        await own_client.get(f"{path}?page_size=5{query}") for query in ("", "&organization=kpu", "&q=mu", "&sort=-id")
    ]
    tag = pages[0].headers["etag"]
    links = [page.links["next"]["url"] for page in pages if page.json()["items"] and "next" in page.links]
    assert len(links) >= 3
    await fetch(own_url, RESTRICT)
    for link in links:
        for method in ("GET", "HEAD"):
            assert (await own_client.request(method, link)).status_code == 401
    unchanged = await own_client.get(f"{path}?page_size=5", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["www-authenticate"]) == (401, CHALLENGE)
    summary = (await own_client.get(f"{path}/summary")).json()
    assert (summary["invited"], summary["present"]) == (16, 16)


async def test_a_roll_that_opens_is_there_at_once(own_client: httpx.AsyncClient, own_url: str) -> None:
    await synthetic_rolls.insert_rolls(own_url, mixed=False)
    assert (await own_client.get(CLOSED)).status_code == 401
    await fetch(own_url, "UPDATE meetings SET roll = 'open' WHERE code = 'closed'")
    items = (await own_client.get(CLOSED)).json()["items"]
    assert [item["id"] for item in items] == [row["id"] for row in synthetic_rolls.RESTRICTED]
    assert [(item["status"], item["note"]) for item in items] == [
        ("present", None),
        ("excused", None),
        ("present", None),
    ]
    answer = await own_client.get(f"{CLOSED}?organization=kpu-99")
    assert_refused(answer, "organization", "unknown_code", "/v1/organizations")
