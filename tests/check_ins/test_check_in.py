"""What a gate is told, what is stored, and what the roll makes of it."""

import asyncio

import httpx
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from app.auth import Scope
from app.state import state_of
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import FixedClock, MeetingClient, after_start, parse_instant


async def post(meeting: MeetingClient, scan: dict[str, object], **headers: str) -> httpx.Response:
    body = {"device_id": "gate-1", "device_sent_at": scan["scanned_at"], **scan}
    return await meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=headers)


class TestOne:
    async def test_is_told_what_becomes_of_it(self, app: FastAPI, meeting: MeetingClient) -> None:
        state_of(meeting.app).receipt_clock = FixedClock(after_start(61.5))
        answer = await post(meeting, scan := meeting.new_scan(0, 60), **bearer_headers(app, Scope.CHECK_INS_WRITE))
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["scan_id"], told["status"], told["outcome"]) == (scan["scan_id"], 201, "first_entry")
        assert parse_instant(told["effective_at"]) == after_start(61.5)
        assert told["clock_skew_ms"] == -1500

    async def test_is_answered_alike_when_it_is_sent_again(self, app: FastAPI, meeting: MeetingClient) -> None:
        headers = bearer_headers(app, Scope.CHECK_INS_WRITE)
        first = await post(meeting, scan := meeting.new_scan(0, 60), **headers)
        await post(meeting, meeting.new_scan(0, 61), **headers)
        again = await post(meeting, scan, **headers)
        assert (again.status_code, again.json()["status"]) == (200, 200)
        assert again.json()["outcome"] == first.json()["outcome"] == "first_entry"
        assert len(await meeting.get_scan_outcomes()) == 2

    async def test_of_a_meeting_that_is_not_there_is_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        meeting.code = "no-such"
        assert (
            await post(meeting, meeting.new_scan(0), **bearer_headers(app, Scope.CHECK_INS_WRITE))
        ).status_code == 404

    async def test_at_the_gate_of_another_meeting_is_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        gate = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting="rakornas-2022-06")
        assert (await post(meeting, meeting.new_scan(0), **gate)).status_code == 404
        assert await meeting.get_scan_outcomes() == {}
        gate = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting=meeting.code)
        assert (await post(meeting, meeting.new_scan(0), **gate)).status_code == 201

    async def test_of_a_body_elsewhere_is_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        elsewhere = bearer_headers(app, Scope.CHECK_INS_WRITE, organization="kpu-32")
        assert (await post(meeting, meeting.new_scan(0), **elsewhere)).status_code == 404
        host = bearer_headers(app, Scope.CHECK_INS_WRITE, organization="kpu")
        assert (await post(meeting, meeting.new_scan(0), **host)).status_code == 201

    async def test_needs_the_scope(self, app: FastAPI, meeting: MeetingClient) -> None:
        assert (await post(meeting, meeting.new_scan(0))).status_code == 401
        assert (
            await post(meeting, meeting.new_scan(0), **bearer_headers(app, Scope.ATTENDANCE_WRITE))
        ).status_code == 403


class TestOutcomes:
    async def test_in_turn(self, meeting: MeetingClient) -> None:
        scans = [
            meeting.new_scan(0, 1),
            meeting.new_scan(0, 2),
            meeting.new_scan(0, 3, direction="out"),
            meeting.new_scan(0, 4),
        ]
        assert await meeting.check_in(scans, 10) == ["first_entry", "already_entered", "exit", "already_entered"]
        assert await meeting.check_in([meeting.new_scan("https://example.org", 5)], 10) == ["badge_unknown"]
        assert list((await meeting.get_scan_outcomes()).values()) == [
            *("first_entry", "already_entered", "exit", "already_entered", "badge_unknown")
        ]

    async def test_a_badge_of_another_meeting_is_unknown(
        self, app: FastAPI, client: httpx.AsyncClient, meeting: MeetingClient
    ) -> None:
        other = await MeetingClient.create(app, client, participant_count=1)
        assert await meeting.check_in([meeting.new_scan(other.badges[0])]) == ["badge_unknown"]

    async def test_a_token_that_is_changed_by_a_letter_is_unknown(self, meeting: MeetingClient) -> None:
        token = meeting.badges[0]
        forged = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
        assert await meeting.check_in([meeting.new_scan(forged)]) == ["badge_unknown"]

    async def test_a_revoked_badge_is_good_until_it_was_revoked(self, meeting: MeetingClient) -> None:
        issued = await meeting.admin.client.post(f"{meeting.participant_path(0)}/badge", headers=meeting.admin.headers)
        assert issued.status_code == 201
        revoked = "UPDATE badges SET revoked_at = $1 WHERE participant = $2 AND revoked_at IS NOT NULL"
        connection = await meeting.connect()
        await connection.execute(revoked, after_start(100), meeting.participants[0])
        await connection.close()
        before, after = meeting.new_scan(0, 99), meeting.new_scan(0, 100)
        assert await meeting.check_in([after, before], 200) == ["badge_revoked", "first_entry"]
        assert (await meeting.get_attendance(0))["first_entry"] == before["scan_id"]
        assert await meeting.check_in([meeting.new_scan(issued.json()["token"], 101)], 200) == ["already_entered"]

    async def test_whoever_is_taken_off_the_list_is_not_invited(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(1)])
        assert (await meeting.admin.delete(meeting.participant_path(1))).status_code == 204
        assert await meeting.check_in([meeting.new_scan(1, 5)]) == ["not_invited"]
        assert list((await meeting.get_scan_outcomes()).values()) == ["not_invited", "not_invited"]

    async def test_whoever_sits_in_one_class_is_not_invited_to_the_other(self, meeting: MeetingClient) -> None:
        await meeting.admin.patch(meeting.participant_path(0), {"sessions": ["class-1"]})
        scans = [
            meeting.new_scan(0, 1, session="class-2"),
            meeting.new_scan(0, 2, session="class-1"),
            meeting.new_scan(1, 3, session="class-2"),
        ]
        assert await meeting.check_in(scans, 5) == ["not_invited", "first_entry", "first_entry"]
        await meeting.admin.patch(meeting.participant_path(0), {"sessions": ["class-2"]})
        assert (await meeting.get_attendance(0))["first_entry"] == scans[0]["scan_id"]

    async def test_after_the_roll_is_closed(self, meeting: MeetingClient) -> None:
        await meeting.check_in([early := meeting.new_scan(0, 1)], 2)
        closed = await meeting.admin.client.post(f"{meeting.path}:close-roll", headers=meeting.admin.headers)
        assert closed.status_code == 200
        assert await meeting.check_in([early, meeting.new_scan(0, 2), meeting.new_scan(1, 1)], 3) == [
            *("first_entry", "meeting_closed", "meeting_closed")
        ]
        assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "expected"]

    async def test_the_same_id_with_other_content_is_another_scan(self, meeting: MeetingClient) -> None:
        first = meeting.new_scan(0, 5)
        other = {**meeting.new_scan(1, 6), "scan_id": first["scan_id"]}
        assert await meeting.check_in([first, other, first], 9) == ["first_entry", "first_entry", "first_entry"]
        assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "present"]

    async def test_gates_that_see_one_badge_at_once_make_one_first_entry(self, meeting: MeetingClient) -> None:
        sent = (meeting.send_batch([meeting.new_scan(n % 6, 1)], 2, device=f"gate-{n}") for n in range(24))
        told = [one["outcome"] for answer in await asyncio.gather(*sent) for one in answer.json()["results"]]
        assert sorted(told) == ["already_entered"] * 18 + ["first_entry"] * 6

    async def test_gates_never_wait_for_each_other_in_a_circle(self, meeting: MeetingClient) -> None:
        """One sees who comes in the other's place, the other both: each derives both."""
        await meeting.admin.patch(meeting.participant_path(1), {"represents": meeting.participants[0]})
        for n in range(20):
            alone = meeting.send_batch([meeting.new_scan(1, n)], 2000, device="gate-1")
            both = meeting.send_batch([meeting.new_scan(0, n), meeting.new_scan(1, n)], 2000, device="gate-2")
            assert [one.status_code for one in await asyncio.gather(alone, both)] == [207, 207]


class TestClocks:
    async def test_a_clock_that_is_two_days_off_is_put_right(self, meeting: MeetingClient) -> None:
        two_days = 2 * 86_400
        await meeting.check_in([meeting.new_scan(0, -30, skew=two_days)], 10, skew=two_days, latency=0)
        found = await meeting.get_attendance(0)
        assert parse_instant(found["arrived_at"]) == after_start(-30)
        assert found["late"] is False

    async def test_the_least_delay_of_a_device_counts_for_all_its_scans(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 0)], 100, latency=40)
        assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(40)
        answer = await meeting.send_batch([meeting.new_scan(1, 0)], 200, latency=3)
        assert answer.json()["clock_skew_ms"] == -3000
        assert [parse_instant((await meeting.get_attendance(n))["arrived_at"]) for n in (0, 1)] == [
            after_start(3),
            after_start(3),
        ]
        await meeting.check_in([meeting.new_scan(2, 0)], 300, latency=20)
        assert parse_instant((await meeting.get_attendance(2))["arrived_at"]) == after_start(3)

    async def test_a_clock_that_jumps_is_another_clock(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 5)], 10)
        await meeting.check_in([meeting.new_scan(1, 6, skew=-3600)], 11, skew=-3600, epoch=1)
        assert [parse_instant((await meeting.get_attendance(n))["arrived_at"]) for n in (0, 1)] == [
            after_start(5),
            after_start(6),
        ]

    async def test_a_scan_that_is_sent_under_two_epochs_is_of_the_earlier(self, meeting: MeetingClient) -> None:
        scan = meeting.new_scan(0, 5)
        await meeting.check_in([scan], 10, skew=-3600, epoch=1)
        assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(3605)
        await meeting.check_in([scan], 20, epoch=0)
        assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(5)
        assert len(await meeting.get_scan_outcomes()) == 1

    async def test_the_first_entry_is_the_earliest_whoever_sends_first(self, meeting: MeetingClient) -> None:
        late, early = meeting.new_scan(0, 50), meeting.new_scan(0, 20)
        assert await meeting.check_in([late], 60, device="gate-1") == ["first_entry"]
        assert await meeting.check_in([early], 70, device="gate-2") == ["already_entered"]
        assert (await meeting.get_attendance(0))["first_entry"] == early["scan_id"]
        assert (await meeting.get_scan_outcomes())[late["scan_id"]] == "already_entered"


class TestLate:
    async def test_is_after_the_start_of_the_first_session_that_is_for_all(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 0), meeting.new_scan(1, 0.001)], 1)
        assert [(await meeting.get_attendance(n))["late"] for n in (0, 1)] == [False, True]

    async def test_is_reckoned_from_the_session_at_whose_door_it_was(self, meeting: MeetingClient) -> None:
        await meeting.admin.patch(f"{meeting.path}/sessions/class-1", {"starts_at": "2026-12-07T13:00:00+07:00"})
        four_hours = 4 * 3600
        scans = [meeting.new_scan(n, four_hours + n, session="class-1") for n in (0, 1)]
        await meeting.check_in(scans, four_hours + 5)
        assert [(await meeting.get_attendance(n))["late"] for n in (0, 1)] == [False, True]

    async def test_follows_when_a_session_is_moved(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 60)], 61)
        assert (await meeting.get_attendance(0))["late"] is True
        await meeting.admin.patch(f"{meeting.path}/sessions/opening", {"starts_at": "2026-12-07T09:02:00+07:00"})
        assert (await meeting.get_attendance(0))["late"] is False
        summary = (await meeting.client.get(f"{meeting.path}/attendance/summary")).json()
        assert (summary["present"], summary["late"]) == (1, 0)


class TestBatch:
    async def test_holds_five_thousand(self, meeting: MeetingClient) -> None:
        scans = [meeting.new_scan(n % 6, n) for n in range(5000)]
        assert (await meeting.check_in(scans, 5001)).count("first_entry") == 6

    async def test_of_which_one_is_wrong_stores_none(self, meeting: MeetingClient) -> None:
        answer = await meeting.send_batch([meeting.new_scan(0), {**meeting.new_scan(1), "direction": "sideways"}])
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/scans/1/direction"]
        assert await meeting.get_scan_outcomes() == {}

    async def test_keeps_what_was_scanned_that_is_no_badge(self, app: FastAPI, meeting: MeetingClient) -> None:
        texts = ["WIFI:S:hotel;P:rahasia;;", "x" * 500, " ", "バッジ", "a\nb\tc"]
        assert set(await meeting.check_in([meeting.new_scan(text) for text in texts])) == {"badge_unknown"}
        items = (await meeting.admin.get(f"{meeting.path}/check-ins?outcome=badge_unknown")).json()["items"]
        assert {one["badge_text"] for one in items} == set(texts)
        assert (await meeting.send_batch([meeting.new_scan("y" * 501)])).status_code == 422

    async def test_stands_in_the_list_by_device_participant_and_session(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, session="opening"), meeting.new_scan(1)], device="gate-7")
        await meeting.check_in([meeting.new_scan(0, 9)], 10, device="gate-8")
        for query, number in (
            ("device=gate-7", 2),
            (f"participant={meeting.participants[0]}", 2),
            ("session=opening", 1),
            ("outcome=already_entered", 1),
        ):
            assert len((await meeting.admin.get(f"{meeting.path}/check-ins?{query}")).json()["items"]) == number
        assert (await meeting.admin.get(f"{meeting.path}/check-ins?session=no-such")).status_code == 422

    async def test_an_unknown_scan_cannot_be_annulled(self, meeting: MeetingClient) -> None:
        answer = await meeting.client.post(
            f"{meeting.path}/check-ins/{uuid7()}:annul", json={"reason": "x"}, headers=meeting.admin.headers
        )
        assert answer.status_code == 404
