"""The summary of a meeting's attendance: its counts, groups, errors, and cost."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.attendance.synthetic_rolls import MIXED, RESTRICTED, SESSIONS_OF_MIXED
from tests.meetings.problem_comparison import comparable_problem
from tests.meetings.synthetic_meetings import Row
from tests.scenarios import assert_invalid

SUMMARY = "/v1/meetings/mixed/attendance/summary"
COUNTS = ["invited", "expected", "present", "represented", "absent", "late"]
REASONS = ["excused", "on_duty_elsewhere", "on_leave", "absent"]
BY = ["organization", "level", "region", "office", "session"]


def count_rows(rows: Sequence[Row]) -> dict[str, Any]:
    """Count participants by status, the sick as excused."""
    statuses = ["excused" if row["status"] == "sick" else row["status"] for row in rows]
    return {
        "invited": len(rows),
        **{status: statuses.count(status) for status in ("expected", "present", "represented")},
        "absent": {reason: statuses.count(reason) for reason in REASONS},
        "late": len([row for row in rows if row.get("late")]),
    }


async def fetch_group_keys(client: httpx.AsyncClient, by: str) -> dict[str | None, tuple[str | None, str | None]]:
    """Return the key and name of the group of each organization."""
    groups: dict[str | None, tuple[str | None, str | None]] = {None: (None, None)}
    for code in {row["organization"] for row in MIXED} - {None}:
        organization = (await client.get(f"/v1/organizations/{code}")).json()
        reference = organization if by == "organization" else organization["region"] or {"code": None, "name": None}
        groups[code] = (organization["level"], None) if by == "level" else (reference["code"], reference["name"])
    return groups


async def build_expected_groups(client: httpx.AsyncClient, by: str, session: str | None) -> list[dict[str, Any]]:
    """Build the groups from the rows of the synthetic roll."""
    rows_by_key: dict[tuple[str | None, str | None], list[Row]] = {}
    group_keys = await fetch_group_keys(client, by)
    for row in MIXED:
        sessions, keys = SESSIONS_OF_MIXED[row["id"]], list[tuple[str | None, str | None]]()
        if session and session not in sessions:
            continue
        if by == "session":
            keys = [(code, f"Kelas {code}") for code in sessions if session in (None, code)] or [(None, None)]
        else:
            keys = [(row["office"], None)] if by == "office" else [group_keys[row["organization"]]]
        for key in keys:
            rows_by_key.setdefault(key, []).append(row)
    ordered = sorted(rows_by_key, key=lambda key: (key[0] is None, key[0]))
    return [{"key": key, "name": name, **count_rows(rows_by_key[key, name])} for key, name in ordered]


async def get_summary(client: httpx.AsyncClient, path: str = SUMMARY, **params: str) -> dict[str, Any]:
    response = await client.get(path, params=params)
    assert response.status_code == 200, response.text
    summary: dict[str, Any] = response.json()
    return summary


class TestCounts:
    async def test_counts_of_a_meeting(self, client: httpx.AsyncClient) -> None:
        assert await get_summary(client) == {
            "meeting": {"code": "mixed", "name": "Rapat mixed"},
            "by": None,
            **count_rows(MIXED),
            "groups": [],
        }

    async def test_counts_of_the_rakornas(self, client: httpx.AsyncClient) -> None:
        summary = await get_summary(client, "/v1/meetings/rakornas-2022-06/attendance/summary", by="organization")
        assert (summary["invited"], summary["present"], summary["late"]) == (16, 16, 0)
        assert [(group["key"], group["present"]) for group in summary["groups"]] == [("kpu", 8), ("kpu-31", 8)]

    @pytest.mark.parametrize("session", ["zulu", "alfa", "mike", "nobody"])
    async def test_counts_of_a_session(self, client: httpx.AsyncClient, session: str) -> None:
        expected = count_rows([row for row in MIXED if session in SESSIONS_OF_MIXED[row["id"]]])
        assert bool(expected["invited"]) == (session != "nobody")
        assert {
            name: value for name, value in (await get_summary(client, session=session)).items() if name in COUNTS
        } == expected

    @pytest.mark.parametrize("session", [None, "zulu", "nobody"])
    @pytest.mark.parametrize("by", BY)
    async def test_counts_of_groups(self, client: httpx.AsyncClient, by: str, session: str | None) -> None:
        params = {"by": by, **({"session": session} if session else {})}
        summary = await get_summary(client, **params)
        assert summary["by"] == by
        assert summary["groups"] == await build_expected_groups(client, by, session)
        whole = await get_summary(client, **({"session": session} if session else {}))
        assert {name: summary[name] for name in COUNTS} == {name: whole[name] for name in COUNTS}

    @pytest.mark.parametrize("by", BY)
    async def test_groups_add_up_to_the_meeting(self, client: httpx.AsyncClient, by: str) -> None:
        """Only participants in two sessions count twice, when grouped by session."""
        summary = await get_summary(client, by=by)
        twice = count_rows([row for row in MIXED if by == "session" and len(SESSIONS_OF_MIXED[row["id"]]) == 2])
        assert bool(twice["invited"]) == (by == "session")
        for name in ("invited", "expected", "present", "represented", "late"):
            assert sum(group[name] for group in summary["groups"]) == summary[name] + twice[name]
        for reason in REASONS:
            added = sum(group["absent"][reason] for group in summary["groups"])
            assert added == summary["absent"][reason] + twice["absent"][reason]

    async def test_statuses_add_up_to_invited(self, client: httpx.AsyncClient) -> None:
        summary = await get_summary(client, by="region")
        for part in (summary, *summary["groups"]):
            came = part["expected"] + part["present"] + part["represented"]
            assert came + sum(part["absent"].values()) == part["invited"]

    @pytest.mark.parametrize("by", BY)
    async def test_counts_without_participants_are_zero(self, client: httpx.AsyncClient, by: str) -> None:
        path = "/v1/meetings/empty/attendance/summary"
        assert await get_summary(client, path, by=by) == {
            "meeting": {"code": "empty", "name": "Rapat empty"},
            "by": by,
            **count_rows([]),
            "groups": [],
        }

    async def test_counts_of_a_restricted_roll_are_public(self, client: httpx.AsyncClient) -> None:
        for params in ({}, *({"by": by} for by in BY)):
            response = await client.get("/v1/meetings/closed/attendance/summary", params=params)
            assert {name: response.json()[name] for name in COUNTS} == count_rows(RESTRICTED)
            assert not [word for word in ("Rahas", "Arif", "01b0", "Opname") if word in response.text]


class TestResponse:
    async def test_members_and_their_order(self, client: httpx.AsyncClient) -> None:
        summary = await get_summary(client, by="office")
        assert list(summary) == ["meeting", "by", *COUNTS, "groups"]
        assert {tuple(group) for group in summary["groups"]} == {("key", "name", *COUNTS)}
        assert list(summary["absent"]) == list(summary["groups"][0]["absent"]) == REASONS

    async def test_summary_costs_one_statement(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        for params in ({}, {"by": "region"}, {"session": "zulu", "by": "session"}, {"session": "unknown"}):
            statements.clear()
            await client.get(SUMMARY, params=params)
            assert len(statements) == 1

    async def test_unchanged_summary_is_304(self, client: httpx.AsyncClient) -> None:
        for params in ({}, {"by": "organization"}):
            response = await client.get(SUMMARY, params=params)
            assert response.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=300"
            assert not response.headers["etag"].startswith("W/")
            again = await client.get(SUMMARY, params=params, headers={"If-None-Match": response.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            head = await client.head(SUMMARY, params=params)
            assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", response.headers["etag"])

    async def test_each_grouping_has_its_own_etag(self, client: httpx.AsyncClient) -> None:
        tags = {(await client.get(SUMMARY, params={"by": by})).headers["etag"] for by in BY}
        assert len(tags) == len(BY)

    @pytest.mark.parametrize("query", ["", "?session=zulu", "?session=nothing", "?by=level&session=nothing"])
    async def test_unknown_meeting_is_404(self, client: httpx.AsyncClient, statements: list[str], query: str) -> None:
        response = await client.get(f"/v1/meetings/rakornas-2024-06/attendance/summary{query}")
        assert len(statements) == 1
        assert comparable_problem(response) == comparable_problem(await client.get("/v1/regions/99"))
        assert response.status_code == 404

    @pytest.mark.parametrize(
        ("params", "parameter", "code", "allowed"),
        [
            ({"session": "class-1"}, "session", "unknown_code", "/v1/meetings/{code}/sessions"),  # another meeting's
            ({"session": "class-1", "by": "level"}, "session", "unknown_code", "/sessions"),
            ({"session": "s" * 41}, "session", "too_long", "40"),
            ({"session": ""}, "session", "empty_parameter", "value"),
            ({"by": "name"}, "by", "not_one_of", "organization"),
            ({"fields": "invited"}, "fields", "unknown_parameter", "by"),
            ({"page_size": "5"}, "page_size", "unknown_parameter", "by"),
            ({"status": "present"}, "status", "unknown_parameter", "session"),
        ],
        ids=lambda value: "&".join(value) if isinstance(value, dict) else str(value),
    )
    async def test_invalid_queries_are_422(
        self, client: httpx.AsyncClient, params: dict[str, str], parameter: str, code: str, allowed: str
    ) -> None:
        assert_invalid(await client.get(SUMMARY, params=params), parameter, code, allowed)
