"""Access to the presence of members at a plenary, and caching of its quorum."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.core.db import database
from tests.callers import bearer_headers
from tests.conftest import fetch_value
from tests.quorum import plenary_client
from tests.quorum.plenary_client import PLENARY, QUORUM_ENTRY_TIMES, PlenaryClient, local_iso

SELECT_AUDIT_KEYS = "SELECT keys FROM audit_lines WHERE operation = 'get_quorum'"


@pytest_asyncio.fixture
async def plenary(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> PlenaryClient:
    return await plenary_client.create_plenary(own_app, own_client, own_url)


async def test_quorum_of_an_open_roll_is_cacheable_for_seconds(
    plenary: PlenaryClient, own_client: httpx.AsyncClient
) -> None:
    response = await own_client.get(f"{PLENARY}/quorum", params={"at": local_iso("12:00")})
    assert response.headers["cache-control"] == "public, max-age=5"
    assert {name.strip() for name in response.headers["vary"].split(",")} >= {"Accept", "Authorization"}
    reader = bearer_headers(plenary.app, Scope.ATTENDANCE_READ)
    assert (await plenary.get_quorum("12:00", reader)) == response.json()
    assert await fetch_value(plenary.url, SELECT_AUDIT_KEYS) is None


class TestRestrictedRoll:
    @pytest_asyncio.fixture
    async def plenary(self, plenary: PlenaryClient) -> PlenaryClient:
        await fetch_value(plenary.url, "UPDATE meetings SET roll = 'restricted' WHERE code = 'pleno'")
        await plenary.scan_entries(QUORUM_ENTRY_TIMES)
        return plenary

    async def test_anonymous_caller_gets_the_count_only(self, plenary: PlenaryClient) -> None:
        assert await plenary.get_quorum_state("12:00") == (5, True, "09:04", "09:04")
        quorum = await plenary.get_quorum("12:00")
        assert [item["present"] for item in quorum["members"]] == [None] * 7

    async def test_authorized_caller_gets_the_present_members_and_is_audited(self, plenary: PlenaryClient) -> None:
        reader = bearer_headers(plenary.app, Scope.ATTENDANCE_READ)
        response = await plenary.client.get(f"{PLENARY}/quorum", params={"at": local_iso("12:00")}, headers=reader)
        present = {item["official"]["id"] for item in response.json()["members"] if item["present"]}
        assert present == set(plenary.officials[:5])
        assert response.headers["cache-control"] == "no-store"
        audit_keys = await fetch_value(plenary.url, SELECT_AUDIT_KEYS)
        assert sorted(audit_keys) == sorted(
            ["meetings/pleno/quorum", *(f"participants/{id_}" for id_ in plenary.participants[:7])]
        )

    @pytest.mark.parametrize(
        "caller",
        [
            {"organization": "kpu-31"},
            {"meeting": "rakornas-2022-06"},
            {"scopes": (Scope.CHECK_INS_WRITE,)},
        ],
    )
    async def test_unauthorized_caller_gets_the_count_only(
        self, plenary: PlenaryClient, caller: dict[str, Any]
    ) -> None:
        scopes = caller.pop("scopes", (Scope.ATTENDANCE_READ,))
        assert await plenary.get_quorum(
            "12:00", bearer_headers(plenary.app, *scopes, **caller)
        ) == await plenary.get_quorum("12:00")
        assert await fetch_value(plenary.url, SELECT_AUDIT_KEYS) is None

    @pytest.mark.parametrize("at", ["2022-06-13T20:59:59+07:00", "2022-06-15T03:00:01+07:00", "2199-01-01T00:00:00Z"])
    async def test_quorum_outside_the_days_of_the_meeting_is_422(self, plenary: PlenaryClient, at: str) -> None:
        """On a day with one member in office it would tell whether that one was present."""
        response = await plenary.client.get(f"{PLENARY}/quorum", params={"at": at})
        assert response.status_code == 422
        (error,) = response.json()["errors"]
        assert (error["parameter"], error["code"]) == ("at", "outside_meeting")
        assert "2022-06-13" in error["detail"]
        for inside in ("2022-06-13T21:00:00+07:00", "2022-06-15T03:00:00+07:00"):
            within = await plenary.client.get(f"{PLENARY}/quorum", params={"at": inside})
            assert within.status_code == 200, within.text

    async def test_known_at_needs_the_right_to_read_the_roll(
        self, plenary: PlenaryClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The roster of another instant could contain one member less, and the count then tells who that was."""
        monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
        instant: datetime = await fetch_value(plenary.url, "SELECT clock_timestamp()")
        params = {"at": local_iso("12:00"), "known_at": instant.isoformat()}
        statuses = []
        for scopes, binding in (
            ((), {}),
            ((Scope.STAGES_WRITE,), {}),
            ((Scope.ATTENDANCE_READ,), {"organization": "kpu-31"}),
            ((Scope.ATTENDANCE_READ,), {"organization": "kpu"}),
            ((Scope.ATTENDANCE_READ,), {}),
        ):
            headers = bearer_headers(plenary.app, *scopes, **binding) if scopes else {}
            response = await plenary.client.get(f"{PLENARY}/quorum", params=params, headers=headers)
            statuses.append(response.status_code)
        assert statuses == [401, 403, 404, 200, 200]
