"""Count the lines of a roll one by one, to check its summary."""

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
"""Select the number of counters and rows of attendance that differ from those derived from the facts."""
Line = Mapping[str, Any]


def count_lines(lines: Iterable[Line]) -> dict[str, Any]:
    """Count lines by status, the sick as excused."""
    all_lines = list(lines)
    statuses = ["excused" if line["status"] == "sick" else line["status"] for line in all_lines]
    return {
        "invited": len(all_lines),
        **{status: statuses.count(status) for status in ("expected", "present", "represented")},
        "absent": {reason: statuses.count(reason) for reason in REASONS},
        "late": sum(line["late"] for line in all_lines),
    }


async def fetch_lines(meeting: MeetingClient) -> list[Line]:
    """Fetch up to 200 lines in full, each with the sessions of the participant."""
    lines = (await meeting.admin.get(f"{meeting.path}/attendance?page_size=200")).json()["items"]
    participants = (await meeting.admin.get(f"{meeting.path}/participants?page_size=200")).json()["items"]
    sessions = {item["id"]: item["sessions"] for item in participants}
    return [{**item, "sessions": sessions[item["id"]]} for item in lines]


KEYS: Mapping[str, Callable[[Line], list[str | None]]] = {
    "organization": lambda line: [line["organization"]["code"] if line["organization"] else None],
    "office": lambda line: [line["office"]],
    "session": lambda line: line["sessions"] or [None],
}


async def fetch_summary(meeting: MeetingClient, query: str = "") -> dict[str, Any]:
    response = await meeting.client.get(f"{meeting.path}/attendance/summary?{query}")
    assert response.status_code == 200, response.text
    summary: dict[str, Any] = response.json()
    return summary


def select_counts(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts of a summary or of a group."""
    return {name: counts[name] for name in count_lines(())}


async def assert_summary_matches_lines(meeting: MeetingClient) -> None:
    """Assert that the summary equals a count of the lines, for every grouping and session."""
    lines = await fetch_lines(meeting)
    assert select_counts(await fetch_summary(meeting)) == count_lines(lines)
    for by, keys in KEYS.items():
        groups = {item["key"]: select_counts(item) for item in (await fetch_summary(meeting, f"by={by}"))["groups"]}
        expected = {
            key: count_lines([item for item in lines if key in keys(item)]) for item in lines for key in keys(item)
        }
        assert groups == expected, by
    for session in {code for line in lines for code in line["sessions"]}:
        in_session = [line for line in lines if session in line["sessions"]]
        assert select_counts(await fetch_summary(meeting, f"session={session}")) == count_lines(in_session)
        groups = (await fetch_summary(meeting, f"session={session}&by=office"))["groups"]
        assert {item["key"]: item["invited"] for item in groups} == {
            office: sum(line["office"] == office for line in in_session)
            for office in {line["office"] for line in in_session}
        }
