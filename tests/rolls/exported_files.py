"""Requests for exported rolls, and the parsing of their responses."""

import csv
import io

import httpx

from app.rolls.export_router import CSV


async def get_file(client: httpx.AsyncClient, address: str, accept: str = CSV, **headers: str) -> httpx.Response:
    return await client.get(address, headers={"Accept": accept, **headers})


async def get_csv_rows(client: httpx.AsyncClient, address: str, **headers: str) -> list[dict[str, str]]:
    response = await get_file(client, address, **headers)
    assert response.status_code == 200, response.text
    return parse_csv(response)


def parse_csv(response: httpx.Response) -> list[dict[str, str]]:
    """Return the rows of a roll by column heading."""
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def get_digest(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return response.links["describedby"]["url"].removeprefix("/v1/rolls/")
