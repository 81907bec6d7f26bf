"""A roll counted plainly, line by line, as its summary must have it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.check_ins.meeting_client import MeetingClient

REASONS = ("excused", "on_duty_elsewhere", "on_leave", "absent")
COUNT_DIFFERENCES = """
SELECT (SELECT count(*) FROM (
    (SELECT * FROM attendance_counts WHERE invited <> 0 EXCEPT ALL SELECT * FROM derived_counts)
    UNION ALL (SELECT * FROM derived_counts EXCEPT ALL SELECT * FROM attendance_counts WHERE invited <> 0)
) AS counters) + (SELECT count(*) FROM (
    SELECT meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
    FROM derived_attendance EXCEPT ALL
    SELECT meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry
    FROM attendance
) AS rows) + (SELECT abs((SELECT count(*) FROM participants) - (SELECT count(*) FROM attendance)))
"""
"""How many counters and rows do not say what follows from the facts."""
Line = Mapping[str, Any]


def count_lines(lines: Iterable[Line]) -> dict[str, Any]:
    """The numbers of some lines, to whom nobody is sick."""
    people = list(lines)
    statuses = ["excused" if item["status"] == "sick" else item["status"] for item in people]
    return {
        "invited": len(people),
        **{status: statuses.count(status) for status in ("expected", "present", "represented")},
        "absent": {reason: statuses.count(reason) for reason in REASONS},
        "late": sum(item["late"] for item in people),
    }


async def fetch_lines(meeting: MeetingClient) -> list[Line]:
    """All lines in full, with the sessions of each; up to 200."""
    lines = (await meeting.admin.get(f"{meeting.path}/attendance?page_size=200")).json()["items"]
    listed = (await meeting.admin.get(f"{meeting.path}/participants?page_size=200")).json()["items"]
    sessions = {item["id"]: item["sessions"] for item in listed}
    return [{**item, "sessions": sessions[item["id"]]} for item in lines]


KEYS: Mapping[str, Callable[[Line], list[str | None]]] = {
    "organization": lambda item: [item["organization"]["code"] if item["organization"] else None],
    "office": lambda item: [item["office"]],
    "session": lambda item: item["sessions"] or [None],
}


async def fetch_summary(meeting: MeetingClient, query: str = "") -> dict[str, Any]:
    response = await meeting.client.get(f"{meeting.path}/attendance/summary?{query}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def select_counts(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Of a summary or a group, the numbers."""
    return {name: counts[name] for name in count_lines(())}


async def assert_summary_matches_lines(meeting: MeetingClient) -> None:
    """The summary says what a plain count of the roll says, in every grouping."""
    lines = await fetch_lines(meeting)
    assert select_counts(await fetch_summary(meeting)) == count_lines(lines)
    for by, keys in KEYS.items():
        groups = {item["key"]: select_counts(item) for item in (await fetch_summary(meeting, f"by={by}"))["groups"]}
        plain = {
            key: count_lines([item for item in lines if key in keys(item)]) for item in lines for key in keys(item)
        }
        assert groups == plain, by
    for session in {code for item in lines for code in item["sessions"]}:
        in_it = [item for item in lines if session in item["sessions"]]
        assert select_counts(await fetch_summary(meeting, f"session={session}")) == count_lines(in_it)
        groups = (await fetch_summary(meeting, f"session={session}&by=office"))["groups"]
        assert {item["key"]: item["invited"] for item in groups} == {
            office: sum(item["office"] == office for item in in_it) for office in {item["office"] for item in in_it}
        }
