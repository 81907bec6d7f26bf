"""Rules that depend on the caller: opening a restricted roll, and the region of an organization."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from tests.imports.import_client import ImportClient, row_errors, row_statuses
from tests.writes.write_client import WriteClient

MEETING = {
    "code": "rapat-1",
    "name": "Rapat",
    "kind": "coordination",
    "host": "kpu",
    "time_zone": "Asia/Jakarta",
    "start_on": "2026-12-07",
    "end_on": "2026-12-08",
}
PATH = "/v1/meetings/rapat-1"
CITY = {"code": "kpu-31.98", "name": "KPU Kota Contoh", "kind": "commission", "level": "regency", "parent": "kpu-31"}
OUTSIDE = (403, "outside_organization")


@pytest.fixture
def organizer(app: FastAPI, client: httpx.AsyncClient) -> WriteClient:
    """A client that may write meetings, but not their attendance."""
    return WriteClient.create(app, client, Scope.MEETINGS_WRITE)


@pytest.fixture
def provincial(app: FastAPI, client: httpx.AsyncClient) -> WriteClient:
    """A client that is bound to kpu-31."""
    return WriteClient.create(app, client, organization="kpu-31")


def assert_scope_missing(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope"), response.text
    assert 'scope="attendance:write"' in response.headers["www-authenticate"]
    assert "attendance:write" in response.json()["detail"]


class TestOpeningARoll:
    async def test_needs_the_scope_attendance_write(
        self, app: FastAPI, client: httpx.AsyncClient, organizer: WriteClient
    ) -> None:
        assert (await organizer.post("/v1/meetings", MEETING)).status_code == 201
        assert_scope_missing(await organizer.patch(PATH, {"roll": "open"}))
        assert_scope_missing(await organizer.patch(f"{PATH}?dry_run=true", {"roll": "open"}))
        assert (await organizer.get(PATH)).json()["roll"] == "restricted"
        both = WriteClient.create(app, client, Scope.MEETINGS_WRITE, Scope.ATTENDANCE_WRITE)
        assert (await both.patch(PATH, {"roll": "open"})).json()["roll"] == "open"

    async def test_restricting_and_other_changes_do_not_need_it(self, organizer: WriteClient) -> None:
        assert (await organizer.post("/v1/meetings", {**MEETING, "roll": "open"})).status_code == 201
        for change in ({"name": "Rapat Lain"}, {"roll": "open"}, {"roll": "restricted"}, {"name": "Rapat"}):
            assert (await organizer.patch(PATH, change)).status_code == 200
        assert_scope_missing(await organizer.patch(PATH, {"roll": "open"}))

    async def test_needs_it_for_a_new_meeting_under_the_code_of_a_restricted_one(
        self, app: FastAPI, client: httpx.AsyncClient, organizer: WriteClient
    ) -> None:
        assert (await organizer.post("/v1/meetings", MEETING)).status_code == 201
        assert (await organizer.delete(PATH)).status_code == 204
        assert_scope_missing(await organizer.post("/v1/meetings", {**MEETING, "roll": "open"}))
        assert (await organizer.post("/v1/meetings", MEETING)).status_code == 201
        assert (await organizer.delete(PATH)).status_code == 204
        both = WriteClient.create(app, client, Scope.MEETINGS_WRITE, Scope.ATTENDANCE_WRITE)
        assert (await both.post("/v1/meetings", {**MEETING, "roll": "open"})).status_code == 201

    async def test_needs_it_in_an_import(self, app: FastAPI, client: httpx.AsyncClient, organizer: WriteClient) -> None:
        assert (await organizer.post("/v1/meetings", MEETING)).status_code == 201
        importer = ImportClient.create(app, client, Scope.MEETINGS_WRITE)
        row = {**MEETING, "roll": "open"}
        refused = await importer.send_ndjson("meetings", row)
        assert (refused.status_code, row_errors(refused)) == (422, [(1, "", "insufficient_scope")])
        assert "attendance:write" in refused.json()["rows"][0]["errors"][0]["detail"]
        both = ImportClient.create(app, client, Scope.MEETINGS_WRITE, Scope.ATTENDANCE_WRITE)
        assert row_statuses(await both.send_ndjson("meetings", row)) == [(1, "updated")]


class TestRegionOfAnOrganization:
    """kpu-31 is the commission of the region 31."""

    @pytest.mark.parametrize(
        ("change", "allowed"),
        [
            ({"code": "kpu-31.98", "region": None, "kind": "agency"}, True),
            ({"code": "kpu-31.98", "region": None}, False),
            ({"code": "kpu-31.98", "region": "32"}, False),
            ({"code": "kpu-31.98", "region": "32.73"}, False),
            ({"code": "kpu-32.98", "region": "32.73", "kind": "agency"}, False),
            ({"code": "kpu-33.71", "region": None, "kind": "agency"}, False),
            ({"code": "panitia", "region": "31.71", "kind": "agency"}, True),
        ],
        ids=str,
    )
    async def test_new_organization_is_within_the_region_of_a_bound_client(
        self, api: WriteClient, provincial: WriteClient, change: dict[str, Any], allowed: bool
    ) -> None:
        response = await provincial.post("/v1/organizations", {**CITY, **change})
        assert (response.status_code, response.json().get("code")) == ((201, change["code"]) if allowed else OUTSIDE)
        if change.get("kind") is None:  # the unbound client is not limited
            missing = "/v1/organizations"
            assert (await api.post(missing, {**CITY, **change, "kind": "agency"})).status_code == 201

    async def test_commission_of_a_region_below_can_be_created(self, api: WriteClient, provincial: WriteClient) -> None:
        region = {"code": "31.98", "name": "Kota Contoh", "type": "city", "parent": "31", "time_zone": "Asia/Jakarta"}
        assert (await api.post("/v1/regions", region)).status_code == 201
        assert (await provincial.post("/v1/organizations", {**CITY, "region": "31.98"})).status_code == 201

    async def test_region_cannot_be_moved_outside(self, provincial: WriteClient) -> None:
        assert (await provincial.post("/v1/organizations", {**CITY, "kind": "agency"})).status_code == 201
        for change in ({"region": "32.73"}, {"region": "32"}, {"kind": "commission"}):
            response = await provincial.patch("/v1/organizations/kpu-31.98", change)
            assert (response.status_code, response.json()["code"]) == OUTSIDE
        assert (await provincial.patch("/v1/organizations/kpu-31.98", {"region": "31.71"})).status_code == 200
        assert (await provincial.patch("/v1/organizations/kpu-31", {"seats": 7})).status_code == 200

    async def test_rows_of_an_import_are_refused(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        importer = ImportClient.create(app, client, organization="kpu-31")
        row = {**CITY, "kind": "agency"}
        refused = await importer.send_ndjson("organizations", {**row, "region": "32.73"})
        assert [error[2] for error in row_errors(refused)] == ["outside_organization"]
        assert row_statuses(await importer.send_ndjson("organizations", {**row, "region": "31.71"})) == [(1, "created")]

    async def test_region_of_the_organization_above_counts(
        self, app: FastAPI, client: httpx.AsyncClient, provincial: WriteClient
    ) -> None:
        office = {"code": "panitia", "name": "Panitia", "kind": "agency", "parent": "kpu-31"}
        assert (await provincial.post("/v1/organizations", office)).status_code == 201
        below = WriteClient.create(app, client, organization="panitia")
        team = {"code": "tim", "name": "Tim", "kind": "agency", "parent": "panitia"}
        response = await below.post("/v1/organizations", {**team, "region": "32.73"})
        assert (response.status_code, response.json()["code"]) == OUTSIDE
        assert (await below.post("/v1/organizations", {**team, "region": "31.71"})).status_code == 201

    async def test_client_of_a_national_commission_is_not_limited(
        self, app: FastAPI, client: httpx.AsyncClient
    ) -> None:
        national = WriteClient.create(app, client, organization="kpu")
        row = {**CITY, "code": "kpu-32.98", "parent": "kpu-32", "kind": "agency", "region": "32.73"}
        assert (await national.post("/v1/organizations", row)).status_code == 201
