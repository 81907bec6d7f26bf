"""POST check-ins and check-ins:batch: results, stored scans and the resulting attendance."""

import asyncio

import httpx
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from app.auth import Scope
from app.state import state_of
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import FixedClock, MeetingClient, after_start, parse_instant


async def post_check_in(meeting: MeetingClient, scan: dict[str, object], **headers: str) -> httpx.Response:
    body = {"device_id": "gate-1", "device_sent_at": scan["scanned_at"], **scan}
    return await meeting.client.post(f"{meeting.path}/check-ins", json=body, headers=headers)


class TestSingle:
    async def test_result_has_outcome_and_clock_skew(self, app: FastAPI, meeting: MeetingClient) -> None:
        state_of(meeting.app).receipt_clock.now = FixedClock(after_start(61.5))
        response = await post_check_in(
            meeting, scan := meeting.new_scan(0, 60), **bearer_headers(app, Scope.CHECK_INS_WRITE)
        )
        assert response.status_code == 201
        assert response.headers["cache-control"] == "no-store"
        result = response.json()
        assert (result["scan_id"], result["status"], result["outcome"]) == (scan["scan_id"], 201, "first_entry")
        assert parse_instant(result["effective_at"]) == after_start(61.5)
        assert result["clock_skew_ms"] == -1500

    async def test_repeated_scan_has_same_outcome(self, app: FastAPI, meeting: MeetingClient) -> None:
        headers = bearer_headers(app, Scope.CHECK_INS_WRITE)
        first = await post_check_in(meeting, scan := meeting.new_scan(0, 60), **headers)
        await post_check_in(meeting, meeting.new_scan(0, 61), **headers)
        repeated = await post_check_in(meeting, scan, **headers)
        assert (repeated.status_code, repeated.json()["status"]) == (200, 200)
        assert repeated.json()["outcome"] == first.json()["outcome"] == "first_entry"
        assert len(await meeting.get_scan_outcomes()) == 2

    async def test_unknown_meeting_is_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        meeting.code = "no-such"
        assert (
            await post_check_in(meeting, meeting.new_scan(0), **bearer_headers(app, Scope.CHECK_INS_WRITE))
        ).status_code == 404

    async def test_client_bound_to_other_meeting_gets_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        bound = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting="rakornas-2022-06")
        assert (await post_check_in(meeting, meeting.new_scan(0), **bound)).status_code == 404
        assert await meeting.get_scan_outcomes() == {}
        bound = bearer_headers(app, Scope.CHECK_INS_WRITE, meeting=meeting.code)
        assert (await post_check_in(meeting, meeting.new_scan(0), **bound)).status_code == 201

    async def test_client_of_other_organization_gets_404(self, app: FastAPI, meeting: MeetingClient) -> None:
        elsewhere = bearer_headers(app, Scope.CHECK_INS_WRITE, organization="kpu-32")
        assert (await post_check_in(meeting, meeting.new_scan(0), **elsewhere)).status_code == 404
        host = bearer_headers(app, Scope.CHECK_INS_WRITE, organization="kpu")
        assert (await post_check_in(meeting, meeting.new_scan(0), **host)).status_code == 201

    async def test_requires_scope(self, app: FastAPI, meeting: MeetingClient) -> None:
        assert (await post_check_in(meeting, meeting.new_scan(0))).status_code == 401
        assert (
            await post_check_in(meeting, meeting.new_scan(0), **bearer_headers(app, Scope.ATTENDANCE_WRITE))
        ).status_code == 403


class TestOutcomes:
    async def test_entries_and_exits_in_order(self, meeting: MeetingClient) -> None:
        scans = [
            meeting.new_scan(0, 1),
            meeting.new_scan(0, 2),
            meeting.new_scan(0, 3, direction="out"),
            meeting.new_scan(0, 4),
        ]
        assert await meeting.check_in(scans, 10) == ["first_entry", "already_entered", "exit", "re_entry"]
        assert await meeting.check_in([meeting.new_scan("https://example.org", 5)], 10) == ["badge_unknown"]
        assert list((await meeting.get_scan_outcomes()).values()) == [
            *("first_entry", "already_entered", "exit", "re_entry", "badge_unknown")
        ]

    async def test_badge_of_other_meeting_is_unknown(
        self, app: FastAPI, client: httpx.AsyncClient, meeting: MeetingClient
    ) -> None:
        other = await MeetingClient.create(app, client, participant_count=1)
        assert await meeting.check_in([meeting.new_scan(other.badges[0])]) == ["badge_unknown"]

    async def test_tampered_token_is_unknown(self, meeting: MeetingClient) -> None:
        token = meeting.badges[0]
        forged = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
        assert await meeting.check_in([meeting.new_scan(forged)]) == ["badge_unknown"]

    async def test_revoked_badge_is_valid_before_revocation(self, meeting: MeetingClient) -> None:
        issued = await meeting.admin.http.post(f"{meeting.participant_path(0)}/badge", headers=meeting.admin.headers)
        assert issued.status_code == 201
        revoked = "UPDATE badges SET revoked_at = $1 WHERE participant = $2 AND revoked_at IS NOT NULL"
        connection = await meeting.connect()
        await connection.execute(revoked, after_start(100), meeting.participants[0])
        await connection.close()
        before, after = meeting.new_scan(0, 99), meeting.new_scan(0, 100)
        assert await meeting.check_in([after, before], 200) == ["badge_revoked", "first_entry"]
        assert (await meeting.get_attendance(0))["first_entry"] == before["scan_id"]
        assert await meeting.check_in([meeting.new_scan(issued.json()["token"], 101)], 200) == ["already_entered"]

    async def test_deleted_participant_is_not_invited(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(1)])
        assert (await meeting.admin.delete(f"{meeting.participant_path(1)}?with_scans=true")).status_code == 204
        assert await meeting.check_in([meeting.new_scan(1, 5)], 6) == ["not_invited"]
        assert list((await meeting.get_scan_outcomes()).values()) == ["not_invited", "not_invited"]

    async def test_participant_of_one_class_is_not_invited_to_parallel_class(self, meeting: MeetingClient) -> None:
        await meeting.admin.patch(meeting.participant_path(0), {"sessions": ["class-1"]})
        scans = [
            meeting.new_scan(0, 1, session="class-2"),
            meeting.new_scan(0, 2, session="class-1"),
            meeting.new_scan(1, 3, session="class-2"),
        ]
        assert await meeting.check_in(scans, 5) == ["not_invited", "first_entry", "first_entry"]
        await meeting.admin.patch(meeting.participant_path(0), {"sessions": ["class-2"]})
        assert (await meeting.get_attendance(0))["first_entry"] == scans[0]["scan_id"]

    async def test_scan_after_closing_is_meeting_closed(self, meeting: MeetingClient) -> None:
        await meeting.check_in([early := meeting.new_scan(0, 1)], 2)
        closed = await meeting.admin.close_roll(meeting.path)
        assert closed.status_code == 200
        assert await meeting.check_in([early, meeting.new_scan(0, 2), meeting.new_scan(1, 1)], 3) == [
            *("first_entry", "meeting_closed", "meeting_closed")
        ]
        assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "expected"]

    async def test_same_id_with_other_content_is_another_scan(self, meeting: MeetingClient) -> None:
        first = meeting.new_scan(0, 5)
        other = {**meeting.new_scan(1, 6), "scan_id": first["scan_id"]}
        assert await meeting.check_in([first, other, first], 9) == ["first_entry", "first_entry", "first_entry"]
        assert [(await meeting.get_attendance(n))["status"] for n in (0, 1)] == ["present", "present"]

    async def test_concurrent_devices_get_one_first_entry_per_badge(self, meeting: MeetingClient) -> None:
        sent = (meeting.send_batch([meeting.new_scan(n % 6, 1)], 2, device=f"gate-{n}") for n in range(24))
        outcomes = [item["outcome"] for response in await asyncio.gather(*sent) for item in response.json()["results"]]
        assert sorted(outcomes) == ["already_entered"] * 18 + ["first_entry"] * 6

    async def test_concurrent_devices_do_not_deadlock(self, meeting: MeetingClient) -> None:
        """One device scans the representative, the other both participants: each submission derives both."""
        await meeting.admin.patch(meeting.participant_path(1), {"represents": meeting.participants[0]})
        for n in range(20):
            alone = meeting.send_batch([meeting.new_scan(1, n)], 2000, device="gate-1")
            both = meeting.send_batch([meeting.new_scan(0, n), meeting.new_scan(1, n)], 2000, device="gate-2")
            assert [item.status_code for item in await asyncio.gather(alone, both)] == [207, 207]


class TestClocks:
    async def test_clock_skew_of_two_days_is_corrected(self, meeting: MeetingClient) -> None:
        two_days = 2 * 86_400
        await meeting.check_in([meeting.new_scan(0, -30, skew=two_days)], 10, skew=two_days, latency=0)
        document = await meeting.get_attendance(0)
        assert parse_instant(document["arrived_at"]) == after_start(-30)
        assert document["late"] is False

    async def test_least_latency_of_device_applies_to_all_its_scans(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 0)], 100, latency=40)
        assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(40)
        response = await meeting.send_batch([meeting.new_scan(1, 0)], 200, latency=3)
        assert response.json()["clock_skew_ms"] == -3000
        assert [parse_instant((await meeting.get_attendance(n))["arrived_at"]) for n in (0, 1)] == [
            after_start(3),
            after_start(3),
        ]
        await meeting.check_in([meeting.new_scan(2, 0)], 300, latency=20)
        assert parse_instant((await meeting.get_attendance(2))["arrived_at"]) == after_start(3)

    async def test_clock_epochs_have_separate_skews(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 5)], 10)
        await meeting.check_in([meeting.new_scan(1, 6, skew=-3600)], 11, skew=-3600, epoch=1)
        assert [parse_instant((await meeting.get_attendance(n))["arrived_at"]) for n in (0, 1)] == [
            after_start(5),
            after_start(6),
        ]

    async def test_scan_sent_in_two_epochs_belongs_to_the_one_received_first(self, meeting: MeetingClient) -> None:
        scan = meeting.new_scan(0, 5)
        await meeting.check_in([scan], 10, skew=60, epoch=1)
        assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(-55)
        await meeting.check_in([scan], 20, epoch=0)
        assert parse_instant((await meeting.get_attendance(0))["arrived_at"]) == after_start(-55)
        assert len(await meeting.get_scan_outcomes()) == 1

    async def test_earliest_scan_is_first_entry_in_any_sending_order(self, meeting: MeetingClient) -> None:
        late, early = meeting.new_scan(0, 50), meeting.new_scan(0, 20)
        assert await meeting.check_in([late], 60, device="gate-1") == ["first_entry"]
        assert await meeting.check_in([early], 70, device="gate-2") == ["already_entered"]
        assert (await meeting.get_attendance(0))["first_entry"] == early["scan_id"]
        assert (await meeting.get_scan_outcomes())[late["scan_id"]] == "already_entered"


class TestLateness:
    async def test_arrival_after_first_common_session_is_late(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 0), meeting.new_scan(1, 0.001)], 1)
        assert [(await meeting.get_attendance(n))["late"] for n in (0, 1)] == [False, True]

    async def test_lateness_counts_from_session_of_the_device(self, meeting: MeetingClient) -> None:
        await meeting.admin.patch(f"{meeting.path}/sessions/class-1", {"starts_at": "2026-12-07T13:00:00+07:00"})
        four_hours = 4 * 3600
        scans = [meeting.new_scan(n, four_hours + n, session="class-1") for n in (0, 1)]
        await meeting.check_in(scans, four_hours + 5)
        assert [(await meeting.get_attendance(n))["late"] for n in (0, 1)] == [False, True]

    async def test_moved_session_changes_lateness(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, 60)], 61)
        assert (await meeting.get_attendance(0))["late"] is True
        await meeting.admin.patch(f"{meeting.path}/sessions/opening", {"starts_at": "2026-12-07T09:02:00+07:00"})
        assert (await meeting.get_attendance(0))["late"] is False
        summary = (await meeting.client.get(f"{meeting.path}/attendance/summary")).json()
        assert (summary["present"], summary["late"]) == (1, 0)


class TestBatch:
    async def test_accepts_five_thousand_scans(self, meeting: MeetingClient) -> None:
        scans = [meeting.new_scan(n % 6, n) for n in range(5000)]
        assert (await meeting.check_in(scans, 5001)).count("first_entry") == 6

    async def test_invalid_scan_stores_none(self, meeting: MeetingClient) -> None:
        response = await meeting.send_batch([meeting.new_scan(0), {**meeting.new_scan(1), "direction": "sideways"}])
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == ["/scans/1/direction"]
        assert await meeting.get_scan_outcomes() == {}

    async def test_text_that_is_no_badge_is_stored(self, app: FastAPI, meeting: MeetingClient) -> None:
        texts = ["WIFI:S:hotel;P:rahasia;;", "x" * 500, " ", "バッジ", "a\nb\tc"]
        assert set(await meeting.check_in([meeting.new_scan(text) for text in texts])) == {"badge_unknown"}
        items = (await meeting.admin.get(f"{meeting.path}/check-ins?outcome=badge_unknown")).json()["items"]
        assert {item["badge_text"] for item in items} == set(texts)
        assert (await meeting.send_batch([meeting.new_scan("y" * 501)])).status_code == 422

    async def test_list_can_be_filtered(self, meeting: MeetingClient) -> None:
        await meeting.check_in([meeting.new_scan(0, session="opening"), meeting.new_scan(1)], device="gate-7")
        await meeting.check_in([meeting.new_scan(0, 9)], 10, device="gate-8")
        for query, number in (
            ("device=gate-7", 2),
            (f"participant={meeting.participants[0]}", 2),
            ("session=opening", 1),
            ("outcome=re_entry", 1),
        ):
            assert len((await meeting.admin.get(f"{meeting.path}/check-ins?{query}")).json()["items"]) == number
        assert (await meeting.admin.get(f"{meeting.path}/check-ins?session=no-such")).status_code == 422

    async def test_annulment_of_unknown_scan_is_404(self, meeting: MeetingClient) -> None:
        response = await meeting.client.post(
            f"{meeting.path}/check-ins/{uuid7()}:annul", json={"reason": "x"}, headers=meeting.admin.headers
        )
        assert response.status_code == 404
