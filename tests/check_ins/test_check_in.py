"""What a gate is told, what is stored, and what the roll makes of it."""

import asyncio

import httpx
from fastapi import FastAPI
from uuid_utils.compat import uuid7

from app.auth import Scope
from tests.callers import bearer
from tests.check_ins.doors import Clock, Door, at, instant


async def post(door: Door, scan: dict[str, object], **headers: str) -> httpx.Response:
    body = {"device_id": "gate-1", "device_sent_at": scan["scanned_at"], **scan}
    return await door.client.post(f"{door.at}/check-ins", json=body, headers=headers)


class TestOne:
    async def test_is_told_what_becomes_of_it(self, app: FastAPI, door: Door) -> None:
        door.app.state.receipt_clock = Clock(at(61.5))
        answer = await post(door, scan := door.scan(0, 60), **bearer(app, Scope.CHECK_INS_WRITE))
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["scan_id"], told["status"], told["outcome"]) == (scan["scan_id"], 201, "first_entry")
        assert instant(told["effective_at"]) == at(61.5)
        assert told["clock_skew_ms"] == -1500

    async def test_is_answered_alike_when_it_is_sent_again(self, app: FastAPI, door: Door) -> None:
        headers = bearer(app, Scope.CHECK_INS_WRITE)
        first = await post(door, scan := door.scan(0, 60), **headers)
        await post(door, door.scan(0, 61), **headers)
        again = await post(door, scan, **headers)
        assert (again.status_code, again.json()["status"]) == (200, 200)
        assert again.json()["outcome"] == first.json()["outcome"] == "first_entry"
        assert len(await door.seen()) == 2

    async def test_of_a_meeting_that_is_not_there_is_404(self, app: FastAPI, door: Door) -> None:
        door.meeting = "no-such"
        assert (await post(door, door.scan(0), **bearer(app, Scope.CHECK_INS_WRITE))).status_code == 404

    async def test_at_the_gate_of_another_meeting_is_404(self, app: FastAPI, door: Door) -> None:
        gate = bearer(app, Scope.CHECK_INS_WRITE, meeting="rakornas-2022-06")
        assert (await post(door, door.scan(0), **gate)).status_code == 404
        assert await door.seen() == {}
        gate = bearer(app, Scope.CHECK_INS_WRITE, meeting=door.meeting)
        assert (await post(door, door.scan(0), **gate)).status_code == 201

    async def test_of_a_body_elsewhere_is_404(self, app: FastAPI, door: Door) -> None:
        elsewhere = bearer(app, Scope.CHECK_INS_WRITE, organization="kpu-32")
        assert (await post(door, door.scan(0), **elsewhere)).status_code == 404
        host = bearer(app, Scope.CHECK_INS_WRITE, organization="kpu")
        assert (await post(door, door.scan(0), **host)).status_code == 201

    async def test_needs_the_scope(self, app: FastAPI, door: Door) -> None:
        assert (await post(door, door.scan(0))).status_code == 401
        assert (await post(door, door.scan(0), **bearer(app, Scope.ATTENDANCE_WRITE))).status_code == 403


class TestOutcomes:
    async def test_in_turn(self, door: Door) -> None:
        scans = [door.scan(0, 1), door.scan(0, 2), door.scan(0, 3, direction="out"), door.scan(0, 4)]
        assert await door.outcomes(scans, 10) == ["first_entry", "already_entered", "exit", "already_entered"]
        assert await door.outcomes([door.scan("https://example.org", 5)], 10) == ["badge_unknown"]
        assert list((await door.seen()).values()) == [
            *("first_entry", "already_entered", "exit", "already_entered", "badge_unknown")
        ]

    async def test_a_badge_of_another_meeting_is_unknown(
        self, app: FastAPI, client: httpx.AsyncClient, door: Door
    ) -> None:
        other = await Door.of_new_meeting(app, client, people=1)
        assert await door.outcomes([door.scan(other.badges[0])]) == ["badge_unknown"]

    async def test_a_token_that_is_changed_by_a_letter_is_unknown(self, door: Door) -> None:
        token = door.badges[0]
        forged = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
        assert await door.outcomes([door.scan(forged)]) == ["badge_unknown"]

    async def test_a_revoked_badge_is_good_until_it_was_revoked(self, door: Door) -> None:
        issued = await door.admin.client.post(
            f"{door.at}/participants/{door.people[0]}/badge", headers=door.admin.headers
        )
        assert issued.status_code == 201
        revoked = "UPDATE badges SET revoked_at = $1 WHERE participant = $2 AND revoked_at IS NOT NULL"
        connection = await door.connect()
        await connection.execute(revoked, at(100), door.people[0])
        await connection.close()
        before, after = door.scan(0, 99), door.scan(0, 100)
        assert await door.outcomes([after, before], 200) == ["badge_revoked", "first_entry"]
        assert (await door.of(0))["first_entry"] == before["scan_id"]
        assert await door.outcomes([door.scan(issued.json()["token"], 101)], 200) == ["already_entered"]

    async def test_whoever_is_taken_off_the_list_is_not_invited(self, door: Door) -> None:
        await door.outcomes([door.scan(1)])
        assert (await door.admin.delete(f"{door.at}/participants/{door.people[1]}")).status_code == 204
        assert await door.outcomes([door.scan(1, 5)]) == ["not_invited"]
        assert list((await door.seen()).values()) == ["not_invited", "not_invited"]

    async def test_whoever_sits_in_one_class_is_not_invited_to_the_other(self, door: Door) -> None:
        await door.admin.patch(f"{door.at}/participants/{door.people[0]}", {"sessions": ["class-1"]})
        scans = [
            door.scan(0, 1, session="class-2"),
            door.scan(0, 2, session="class-1"),
            door.scan(1, 3, session="class-2"),
        ]
        assert await door.outcomes(scans, 5) == ["not_invited", "first_entry", "first_entry"]
        await door.admin.patch(f"{door.at}/participants/{door.people[0]}", {"sessions": ["class-2"]})
        assert (await door.of(0))["first_entry"] == scans[0]["scan_id"]

    async def test_after_the_roll_is_closed(self, door: Door) -> None:
        await door.outcomes([early := door.scan(0, 1)], 2)
        closed = await door.admin.client.post(f"{door.at}:close-roll", headers=door.admin.headers)
        assert closed.status_code == 200
        assert await door.outcomes([early, door.scan(0, 2), door.scan(1, 1)], 3) == [
            *("first_entry", "meeting_closed", "meeting_closed")
        ]
        assert [(await door.of(n))["status"] for n in (0, 1)] == ["present", "expected"]

    async def test_the_same_id_with_other_content_is_another_scan(self, door: Door) -> None:
        first = door.scan(0, 5)
        other = {**door.scan(1, 6), "scan_id": first["scan_id"]}
        assert await door.outcomes([first, other, first], 9) == ["first_entry", "first_entry", "first_entry"]
        assert [(await door.of(n))["status"] for n in (0, 1)] == ["present", "present"]

    async def test_gates_that_see_one_badge_at_once_make_one_first_entry(self, door: Door) -> None:
        sent = (door.send([door.scan(n % 6, 1)], 2, device=f"gate-{n}") for n in range(24))
        told = [one["outcome"] for answer in await asyncio.gather(*sent) for one in answer.json()["results"]]
        assert sorted(told) == ["already_entered"] * 18 + ["first_entry"] * 6

    async def test_gates_never_wait_for_each_other_in_a_circle(self, door: Door) -> None:
        """One sees who comes in the other's place, the other both: each derives both."""
        await door.admin.patch(f"{door.at}/participants/{door.people[1]}", {"represents": door.people[0]})
        for n in range(20):
            alone = door.send([door.scan(1, n)], 2000, device="gate-1")
            both = door.send([door.scan(0, n), door.scan(1, n)], 2000, device="gate-2")
            assert [one.status_code for one in await asyncio.gather(alone, both)] == [207, 207]


class TestClocks:
    async def test_a_clock_that_is_two_days_off_is_put_right(self, door: Door) -> None:
        two_days = 2 * 86_400
        await door.outcomes([door.scan(0, -30, skew=two_days)], 10, skew=two_days, latency=0)
        found = await door.of(0)
        assert instant(found["arrived_at"]) == at(-30)
        assert found["late"] is False

    async def test_the_least_delay_of_a_device_counts_for_all_its_scans(self, door: Door) -> None:
        await door.outcomes([door.scan(0, 0)], 100, latency=40)
        assert instant((await door.of(0))["arrived_at"]) == at(40)
        answer = await door.send([door.scan(1, 0)], 200, latency=3)
        assert answer.json()["clock_skew_ms"] == -3000
        assert [instant((await door.of(n))["arrived_at"]) for n in (0, 1)] == [at(3), at(3)]
        await door.outcomes([door.scan(2, 0)], 300, latency=20)
        assert instant((await door.of(2))["arrived_at"]) == at(3)

    async def test_a_clock_that_jumps_is_another_clock(self, door: Door) -> None:
        await door.outcomes([door.scan(0, 5)], 10)
        await door.outcomes([door.scan(1, 6, skew=-3600)], 11, skew=-3600, epoch=1)
        assert [instant((await door.of(n))["arrived_at"]) for n in (0, 1)] == [at(5), at(6)]

    async def test_a_scan_that_is_sent_under_two_epochs_is_of_the_earlier(self, door: Door) -> None:
        scan = door.scan(0, 5)
        await door.outcomes([scan], 10, skew=-3600, epoch=1)
        assert instant((await door.of(0))["arrived_at"]) == at(3605)
        await door.outcomes([scan], 20, epoch=0)
        assert instant((await door.of(0))["arrived_at"]) == at(5)
        assert len(await door.seen()) == 1

    async def test_the_first_entry_is_the_earliest_whoever_sends_first(self, door: Door) -> None:
        late, early = door.scan(0, 50), door.scan(0, 20)
        assert await door.outcomes([late], 60, device="gate-1") == ["first_entry"]
        assert await door.outcomes([early], 70, device="gate-2") == ["already_entered"]
        assert (await door.of(0))["first_entry"] == early["scan_id"]
        assert (await door.seen())[late["scan_id"]] == "already_entered"


class TestLate:
    async def test_is_after_the_start_of_the_first_session_that_is_for_all(self, door: Door) -> None:
        await door.outcomes([door.scan(0, 0), door.scan(1, 0.001)], 1)
        assert [(await door.of(n))["late"] for n in (0, 1)] == [False, True]

    async def test_is_reckoned_from_the_session_at_whose_door_it_was(self, door: Door) -> None:
        await door.admin.patch(f"{door.at}/sessions/class-1", {"starts_at": "2026-12-07T13:00:00+07:00"})
        four_hours = 4 * 3600
        scans = [door.scan(n, four_hours + n, session="class-1") for n in (0, 1)]
        await door.outcomes(scans, four_hours + 5)
        assert [(await door.of(n))["late"] for n in (0, 1)] == [False, True]

    async def test_follows_when_a_session_is_moved(self, door: Door) -> None:
        await door.outcomes([door.scan(0, 60)], 61)
        assert (await door.of(0))["late"] is True
        await door.admin.patch(f"{door.at}/sessions/opening", {"starts_at": "2026-12-07T09:02:00+07:00"})
        assert (await door.of(0))["late"] is False
        summary = (await door.client.get(f"{door.at}/attendance/summary")).json()
        assert (summary["present"], summary["late"]) == (1, 0)


class TestBatch:
    async def test_holds_five_thousand(self, door: Door) -> None:
        scans = [door.scan(n % 6, n) for n in range(5000)]
        assert (await door.outcomes(scans, 5001)).count("first_entry") == 6

    async def test_of_which_one_is_wrong_stores_none(self, door: Door) -> None:
        answer = await door.send([door.scan(0), {**door.scan(1), "direction": "sideways"}])
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/scans/1/direction"]
        assert await door.seen() == {}

    async def test_keeps_what_was_scanned_that_is_no_badge(self, app: FastAPI, door: Door) -> None:
        texts = ["WIFI:S:hotel;P:rahasia;;", "x" * 500, " ", "バッジ", "a\nb\tc"]
        assert set(await door.outcomes([door.scan(text) for text in texts])) == {"badge_unknown"}
        items = (await door.admin.get(f"{door.at}/check-ins?outcome=badge_unknown")).json()["items"]
        assert {one["badge_text"] for one in items} == set(texts)
        assert (await door.send([door.scan("y" * 501)])).status_code == 422

    async def test_stands_in_the_list_by_device_participant_and_session(self, door: Door) -> None:
        await door.outcomes([door.scan(0, session="opening"), door.scan(1)], device="gate-7")
        await door.outcomes([door.scan(0, 9)], 10, device="gate-8")
        for query, number in (
            ("device=gate-7", 2),
            (f"participant={door.people[0]}", 2),
            ("session=opening", 1),
            ("outcome=already_entered", 1),
        ):
            assert len((await door.admin.get(f"{door.at}/check-ins?{query}")).json()["items"]) == number
        assert (await door.admin.get(f"{door.at}/check-ins?session=no-such")).status_code == 422

    async def test_an_unknown_scan_cannot_be_annulled(self, door: Door) -> None:
        answer = await door.client.post(
            f"{door.at}/check-ins/{uuid7()}:annul", json={"reason": "x"}, headers=door.admin.headers
        )
        assert answer.status_code == 404
