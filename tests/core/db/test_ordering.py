"""Lists, searches and documents are the same on a database with any locale, also when a locale is an extreme one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app import operations
from app.settings import Settings
from tests.applications import get_contract
from tests.conftest import connect_client, fetch_value, run_application
from tests.roles import create_database

# Punctuation is ignored, numbers are ordered by their value, and upper case comes first.
EXTREME_LOCALE = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-ka-shifted-kn-kf-upper' LOCALE 'C.UTF-8' ENCODING 'UTF8'"
HAS_ICU = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')"
PLAIN_C = "LOCALE 'C' ENCODING 'UTF8' LOCALE_PROVIDER libc"
NAMES = (
    *("de Jong", "De Jong", "de-Jong", "DeJong", "Ábel", "abel", "Abel", "ABEL", "Zulkifli", "zulkifli", "Ba'dan"),
    *("Badan", "Ba\u2019dan", "10 Desember", "9 Desember", "_x", "(x)", "Øya", "Oya", "\u0131slak", "İslak", "islak"),
    *(
        "Иван",
        "ИВАН",
        "ß",
        "\u03a3",
        "\u03c3",
        "ﬁn",
        "fin",
        "Çelik",
        "celik",
        "a b",
        "a-b",
        "ab",
        "A B",
        "~",
        "é",
        "e\u0301",
    ),
)
NAMED_TABLES = ("divisions", "elections", "meetings", "officials", "organizations", "regions", "stages")
SET_NAMES = """
UPDATE {table} AS named SET name = ($1::text[])[1 + numbered.n % cardinality($1::text[])]
FROM (SELECT {key} AS key, row_number() OVER (ORDER BY {key}::text COLLATE "C") AS n FROM {table}) AS numbered
WHERE named.{key} = numbered.key"""
SEARCHES = ("de jong", "иван", "ИВАН", "ABEL", "islak", "İSLAK", "badan", "oya", "çelik", "kpu")


def list_paths() -> list[str]:
    """Return the address of each public list in each of its orders, except by time: the databases differ in that."""
    places = {"/v1/organizations/{code}/officials": "/v1/organizations/kpu/officials"}
    places["/v1/meetings/{code}/sessions"] = "/v1/meetings/rakornas-2022-06/sessions"
    paths: list[str] = []
    for template, operations_of_path in get_contract()["paths"].items():
        parameters = operations_of_path.get("get", {}).get("parameters", [])
        orders: list[str] = next((item["schema"]["enum"] for item in parameters if item.get("name") == "sort"), [])
        path = places.get(template, template)
        day = "as_of=2022-06-14&" if any(item.get("name") == "as_of" for item in parameters) else ""
        if "{" not in path and path not in ("/v1/clients", "/v1/audit", "/v1/audit/roots"):
            paths += [f"{path}?{day}page_size=7&sort={order}" for order in orders if "_at" not in order]
    return paths


DOCUMENTS = (
    "/v1/today?as_of=2022-06-14",
    "/v1/elections/pemilu-2024/tree?as_of=2022-06-14",
    "/v1/organizations/kpu?as_of=2022-06-14",
    "/v1/divisions?as_of=2022-06-14&page_size=50",
    *(f"/v1/{name}?page_size=20&q={word}" for name in ("officials", "organizations", "search") for word in SEARCHES),
)


@pytest_asyncio.fixture(scope="module", params=[EXTREME_LOCALE, PLAIN_C], ids=["icu", "c"])
async def clients(
    server: str, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Clients of two services, over databases that differ only in their locale."""
    if request.param == EXTREME_LOCALE and not await fetch_value(server, HAS_ICU):
        pytest.skip("this server was built without ICU; Debian's, on which .ci/run repeats the tests, has it")
    async with create_database(server) as usual, create_database(server, request.param) as other:
        for url in (usual, other):
            await asyncio.to_thread(operations.migrate, url)
            await asyncio.to_thread(operations.load_if_empty, url)
            for table in NAMED_TABLES:
                key = "id" if table == "officials" else "code"
                await fetch_value(url, SET_NAMES.format(table=table, key=key), list(NAMES))
        async with (
            run_application(Settings(DATABASE_URL=usual)) as usual_app,
            run_application(Settings(DATABASE_URL=other)) as other_app,
            connect_client(usual_app) as usual_client,
            connect_client(other_app) as other_client,
        ):
            yield usual_client, other_client


async def read_pages(client: httpx.AsyncClient, path: str) -> list[Any]:
    """Return the keys of the items of up to five pages."""
    keys: list[Any] = []
    token = ""
    for _ in range(5):
        response = await client.get(f"{path}{token}")
        assert response.status_code == 200, response.text
        page = response.json()
        keys += [(item.get("code") or item.get("id"), item.get("name")) for item in page["items"]]
        if page["next_page_token"] is None:
            break
        token = f"&page_token={page['next_page_token']}"
    return keys


def without_times(value: Any) -> Any:
    """Return a document without the members that differ between two loads of the same data."""
    if isinstance(value, dict):
        return {
            name: without_times(item) for name, item in value.items() if name not in ("updated_at", "next_page_token")
        }
    return [without_times(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", list_paths())
async def test_lists_have_the_same_order(clients: tuple[httpx.AsyncClient, httpx.AsyncClient], path: str) -> None:
    usual, other = [await read_pages(client, path) for client in clients]
    assert usual
    assert usual == other


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_documents_and_searches_are_the_same(
    request: pytest.FixtureRequest, clients: tuple[httpx.AsyncClient, httpx.AsyncClient], path: str
) -> None:
    if not path.isascii() and "[c-" in request.node.name:
        pytest.skip("with LC_CTYPE C, pg_trgm knows only the letters of ASCII")
    usual, other = [await client.get(path) for client in clients]
    assert usual.status_code == 200
    assert without_times(usual.json()) == without_times(other.json())


def test_every_order_is_compared() -> None:
    assert len(list_paths()) > 25
