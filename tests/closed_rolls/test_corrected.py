"""Confirmed corrections of a closed roll: they change what they are about, and nothing else."""

from copy import deepcopy
from typing import Any

import orjson
import pytest

from tests.check_ins.meeting_client import parse_instant
from tests.closed_rolls.closed_plenary import DAY, ClosedPlenary, after_start
from tests.corrections.corrections_client import create_client, post_correction

State = dict[str, Any]


def total_of(state: State) -> dict[str, Any]:
    total: dict[str, Any] = orjson.loads(state["total"])
    return total


def changed_lines(before: State, after: State) -> set[str]:
    """Return the participants whose line or times have changed."""
    ids = before["lines"].keys() | after["lines"].keys()
    return {id_ for id_ in ids if any(before[part].get(id_) != after[part].get(id_) for part in ("lines", "days"))}


async def test_status_changes_one_line_and_its_counts(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    response = await plenary.correct(kind="status", participant=plenary.participants[8], status="sick")
    assert response.status_code == 200, response.text
    after = await plenary.read_state()
    assert changed_lines(before, after) == {plenary.participants[8]}
    expected = deepcopy(before["lines"][plenary.participants[8]]) | {"status": "sick"}
    assert after["lines"][plenary.participants[8]] == expected
    assert after["summary"] == before["summary"]  # the sick count as excused
    assert after["quorum"] == before["quorum"]
    assert after["csv"] != before["csv"]


async def test_status_never_counts_over_a_scan(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    await plenary.correct(kind="status", participant=plenary.participants[0], status="absent")
    after = await plenary.read_state()
    assert after["lines"] == before["lines"]
    assert after["days"][plenary.participants[0]]["manual_status"] == {"status": "absent", "reason": "koreksi"}
    assert (after["total"], after["quorum"]) == (before["total"], before["quorum"])


async def test_status_of_a_day(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    payload = {"kind": "status", "participant": plenary.participants[8], "status": "present", "on": "2026-11-24"}
    assert (await plenary.correct(**payload)).json()["on"] == "2026-11-24"
    after = await plenary.read_state()
    assert changed_lines(before, after) == {plenary.participants[8]}
    days = after["days"][plenary.participants[8]]["days"]
    assert [day["status"] for day in days] == ["excused", "present"]
    outside = {**payload, "on": "2026-11-25", "reason": "x"}
    response = await post_correction(plenary, create_client(plenary, "one"), **outside)
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [
        ("/on", "not_a_day_of_the_meeting")
    ]


async def test_annulled_scan_takes_the_represented_along(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    assert before["lines"][plenary.participants[10]]["status"] == "represented"
    scan = before["days"][plenary.participants[9]]["first_entry"]
    assert (await plenary.correct(kind="scan", scan=scan)).status_code == 200
    after = await plenary.read_state()
    assert changed_lines(before, after) == {plenary.participants[9], plenary.participants[10]}
    assert [after["lines"][plenary.participants[n]]["status"] for n in (9, 10)] == ["expected", "expected"]
    assert (total_of(before)["present"], total_of(after)["present"]) == (8 + 1, 8)
    assert (total_of(before)["represented"], total_of(after)["represented"]) == (1, 0)


async def test_late_upload_becomes_part_with_its_hours(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    entry, exit_ = (
        await plenary.send_late_scan(8, DAY + 3600),
        await plenary.send_late_scan(8, DAY + 7200, direction="out"),
    )
    assert await plenary.read_state() == before
    for scan in (entry, exit_):
        assert (await plenary.correct(kind="late_upload", scan=scan)).status_code == 200
    after = await plenary.read_state()
    assert changed_lines(before, after) == {plenary.participants[8]}
    line, times = after["lines"][plenary.participants[8]], after["days"][plenary.participants[8]]
    assert (line["status"], parse_instant(line["arrived_at"])) == ("present", after_start(DAY + 3600))
    assert times["first_entry"] == entry
    (interval,) = times["intervals"]
    assert [parse_instant(interval[name]) for name in ("entered_at", "left_at")] == [
        after_start(DAY + 3600),
        after_start(DAY + 7200),
    ]
    assert [day["status"] for day in times["days"]] == ["excused", "present"]
    assert b"10:00,11:00" in after["csv"]
    assert total_of(after)["present"] == total_of(before)["present"] + 1


async def test_another_content_of_its_id_never_comes_along_with_a_late_upload(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    scan = await plenary.send_late_scan(8, DAY + 3600)
    path = f"{plenary.path}/corrections"
    requested = await create_client(plenary, "one").post(path, {"kind": "late_upload", "scan": scan, "reason": "x"})
    for n in (4, 10):
        content = plenary.new_scan(n, DAY + 3000) | {"scan_id": scan}
        response = await plenary.send_batch([content], 2 * DAY + n, device="gate-late")
        assert response.json()["results"][0]["outcome"] == "late_upload", response.text
    confirmed = await create_client(plenary, "two").post(f"{requested.headers['location']}:confirm", {})
    assert confirmed.status_code == 200, confirmed.text
    assert changed_lines(before, await plenary.read_state()) == {plenary.participants[8]}


async def test_late_upload_of_an_earlier_entry_replaces_the_first(plenary: ClosedPlenary) -> None:
    before = await plenary.read_state()
    scan = await plenary.send_late_scan(5, -600)
    await plenary.correct(kind="late_upload", scan=scan)
    after = await plenary.read_state()
    assert changed_lines(before, after) == {plenary.participants[5]}
    assert (before["lines"][plenary.participants[5]]["late"], after["lines"][plenary.participants[5]]["late"]) == (
        True,
        False,
    )
    assert after["days"][plenary.participants[5]]["first_entry"] == scan


async def test_hours_of_a_late_upload_stay_when_its_clock_moves(plenary: ClosedPlenary) -> None:
    scan = await plenary.send_late_scan(8, DAY + 3600)
    await plenary.correct(kind="late_upload", scan=scan)
    before = await plenary.read_state()
    for skew in (600, 100 * DAY):
        await plenary.send_batch([plenary.new_scan("junk")], 2 * DAY, device="gate-late", skew=skew)
    assert await plenary.read_state() == before


@pytest.mark.parametrize("scan", ["before the closing", "after the closing", "unknown badge", "twice", "annulled"])
async def test_scan_that_is_no_late_upload_is_422(plenary: ClosedPlenary, scan: str) -> None:
    if scan == "before the closing":
        id_ = plenary.scans[0]["scan_id"]
    elif scan == "after the closing":
        response = await plenary.send_batch([late := plenary.new_scan(8, 4000 * DAY)], 4000 * DAY, device="gate-4")
        assert response.status_code == 207
        id_ = late["scan_id"]
    elif scan == "unknown badge":
        response = await plenary.send_batch([late := plenary.new_scan("junk", 60)], 2 * DAY, device="gate-4")
        id_ = late["scan_id"]
    else:
        id_ = await plenary.send_late_scan(8, DAY + 3600)
        await plenary.correct(kind="late_upload", scan=id_)
        if scan == "annulled":
            await plenary.correct(kind="scan", scan=id_)
    response = await post_correction(
        plenary, create_client(plenary, "one"), kind="late_upload", scan=id_, reason="sinyal putus"
    )
    assert response.status_code == 422, response.text
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [
        ("/scan", "not_a_late_upload")
    ]


async def test_correction_that_has_become_impossible_is_refused_at_its_confirmation(plenary: ClosedPlenary) -> None:
    scan = await plenary.send_late_scan(8, DAY + 3600)
    path = f"{plenary.path}/corrections"
    requested = await create_client(plenary, "one").post(path, {"kind": "late_upload", "scan": scan, "reason": "x"})
    await plenary.execute(
        "UPDATE scans SET annulled_at = now(), annulled_by = 'x', annulment_reason = 'x' WHERE id = $1::text::uuid",
        scan,
    )
    response = await create_client(plenary, "two").post(f"{requested.headers['location']}:confirm", {})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "not_a_late_upload")


async def test_deleting_a_meeting_whose_roll_is_closed_is_409(plenary: ClosedPlenary) -> None:
    response = await plenary.admin.delete(plenary.path)
    assert (response.status_code, response.json()["code"]) == (409, "roll_closed")
    assert (await plenary.admin.get(plenary.path)).status_code == 200


async def test_official_of_a_line_can_change(plenary: ClosedPlenary) -> None:
    """For example because two records of a person are merged."""
    before = await plenary.read_state()
    official = await plenary.execute(
        'INSERT INTO officials (id, name, verified, "primary") VALUES (gen_random_uuid(), $1, false, false)'
        " RETURNING id",
        "Baru",
    )
    changed = "UPDATE participants SET official = $2 WHERE id = $1::text::uuid RETURNING official"
    assert await plenary.execute(changed, plenary.participants[0], official) == official
    assert await plenary.read_state() == before


async def test_every_column_of_the_copy_is_in_its_lines(plenary: ClosedPlenary) -> None:
    """Deriving all lines again from the copies changes nothing."""
    versions = "SELECT string_agg(xmin::text, ' ' ORDER BY participant) FROM closed_roll_lines WHERE meeting = $1"
    before = await plenary.execute(versions, plenary.code)
    await plenary.execute(
        "SELECT refresh_closed_roll($1, array_agg(id)) FROM participants WHERE meeting = $1", plenary.code
    )
    assert await plenary.execute(versions, plenary.code) == before
