"""Who is told who is present at a plenary, and how long that may be kept."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from tests.callers import bearer_headers
from tests.conftest import fetch
from tests.quorum import plenary_client
from tests.quorum.plenary_client import PLENARY, QUORUM_ENTRY_TIMES, PlenaryClient, local_iso

LINES = "SELECT keys FROM audit_lines WHERE operation = 'get_quorum'"


@pytest_asyncio.fixture
async def room(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> PlenaryClient:
    return await plenary_client.create_plenary(own_app, own_client, own_url)


async def test_an_open_roll_may_be_kept_for_seconds(room: PlenaryClient, own_client: httpx.AsyncClient) -> None:
    answer = await own_client.get(f"{PLENARY}/quorum", params={"at": local_iso("12:00")})
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert {one.strip() for one in answer.headers["vary"].split(",")} >= {"Accept", "Authorization"}
    reader = bearer_headers(room.app, Scope.ATTENDANCE_READ)
    assert (await room.get_quorum("12:00", reader)) == answer.json()
    assert await fetch(room.url, LINES) is None


class TestRestricted:
    @pytest_asyncio.fixture
    async def room(self, room: PlenaryClient) -> PlenaryClient:
        await fetch(room.url, "UPDATE meetings SET roll = 'restricted' WHERE code = 'pleno'")
        await room.scan_entries(QUORUM_ENTRY_TIMES)
        return room

    async def test_anyone_is_told_how_many_and_not_who(self, room: PlenaryClient) -> None:
        assert await room.get_quorum_state("12:00") == (5, True, "09:04", "09:04")
        found = await room.get_quorum("12:00")
        assert [one["present"] for one in found["members"]] == [None] * 7

    async def test_who_may_read_is_told_who_and_it_is_kept_that_they_were(self, room: PlenaryClient) -> None:
        reader = bearer_headers(room.app, Scope.ATTENDANCE_READ)
        answer = await room.client.get(f"{PLENARY}/quorum", params={"at": local_iso("12:00")}, headers=reader)
        there = {one["official"]["id"] for one in answer.json()["members"] if one["present"]}
        assert there == set(room.officials[:5])
        assert answer.headers["cache-control"] == "no-store"
        told = await fetch(room.url, LINES)
        assert sorted(told) == sorted(
            ["meetings/pleno/quorum", *(f"participants/{one}" for one in room.participants[:7])]
        )

    @pytest.mark.parametrize(
        "caller",
        [
            {"organization": "kpu-31"},
            {"meeting": "rakornas-2022-06"},
            {"scopes": (Scope.CHECK_INS_WRITE,)},
        ],
    )
    async def test_who_may_not_is_as_anyone(self, room: PlenaryClient, caller: dict[str, Any]) -> None:
        scopes = caller.pop("scopes", (Scope.ATTENDANCE_READ,))
        assert await room.get_quorum("12:00", bearer_headers(room.app, *scopes, **caller)) == await room.get_quorum(
            "12:00"
        )
        assert await fetch(room.url, LINES) is None
