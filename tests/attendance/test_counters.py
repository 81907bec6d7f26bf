"""Whatever is done to a roll, and in whatever order: its counters say what a plain count of it says."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import httpx
import pytest
from fastapi import FastAPI

from tests.attendance.expected_counts import COUNT_DIFFERENCES, assert_summary_matches_lines
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import fetch

BODIES = ("kpu", "kpu-31", "kpu-32", "kpu-33", None)
OFFICES = ("chair", "member", None)
STATUSES = ("expected", "present", "excused", "sick", "on_duty_elsewhere", "on_leave", "absent")
SESSIONS: tuple[list[str], ...] = ([], ["opening"], ["class-1"], ["opening", "class-2"])
RENAME = "UPDATE organizations SET code = $2 WHERE code = $1"
STEPS, EACH = 200, 40


class Walk:
    """A meeting to which something happens at each step, by chance."""

    def __init__(self, meeting: MeetingClient, url: str, seed: int) -> None:
        self.meeting, self.url, self.chance = meeting, url, Random(seed)
        self.scans: list[str] = []
        self.refused = 0
        self.renamed = False
        self.deeds: tuple[Callable[[], Awaitable[httpx.Response | None]], ...] = (
            *(self.register, self.register, self.batch, self.delete, self.change, self.represent, self.by_hand),
            *(self.scan, self.scan, self.scan, self.annul, self.reissue, self.rename, self.move_session),
        )

    async def step(self) -> None:
        answer = await self.chance.choice(self.deeds)()
        if answer is not None:
            assert answer.status_code < 500, answer.text
            self.refused += answer.status_code >= 400

    @property
    def somebody(self) -> str:
        return self.chance.choice(self.meeting.participants)

    def person(self) -> dict[str, object]:
        body, office = self.chance.choice(BODIES), self.chance.choice(OFFICES)
        if body == "kpu-33" and self.renamed:
            body = "kpu-99"
        return {"organization": body, "office": office, "sessions": self.chance.choice(SESSIONS)}

    async def register(self) -> httpx.Response:
        represents = self.somebody if self.chance.random() < 0.3 else None
        new = {"name": "Baru", "represents": represents, **self.person()}
        answer = await self.meeting.admin.post(f"{self.meeting.path}/participants", new)
        if answer.status_code == 201:
            self.meeting.participants.append(answer.json()["id"])
        return answer

    async def batch(self) -> httpx.Response:
        people = [{"name": "Rombongan", **self.person()} for _ in range(3)]
        answer = await self.meeting.admin.post(f"{self.meeting.path}/participants:batch", {"participants": people})
        self.meeting.participants += [one["id"] for one in answer.json().get("registered", [])]
        return answer

    async def delete(self) -> httpx.Response:
        answer = await self.meeting.admin.delete(f"{self.meeting.path}/participants/{(one := self.somebody)}")
        if answer.status_code == 204:
            self.meeting.participants.remove(one)
        return answer

    async def change(self) -> httpx.Response:
        return await self.meeting.admin.patch(f"{self.meeting.path}/participants/{self.somebody}", self.person())

    async def represent(self) -> httpx.Response:
        whom = self.chance.choice([None, self.somebody, self.somebody])
        return await self.meeting.admin.patch(f"{self.meeting.path}/participants/{self.somebody}", {"represents": whom})

    async def by_hand(self) -> httpx.Response:
        body = {"status": self.chance.choice(STATUSES), "reason": "contoh"}
        return await self.meeting.admin.patch(f"{self.meeting.path}/attendance/{self.somebody}", body)

    async def scan(self) -> httpx.Response:
        badge = (await self.meeting.admin.get(f"{self.meeting.path}/participants/{self.somebody}/badge")).json()[
            "token"
        ]
        session = self.chance.choice([None, "opening", "class-1"])
        way = self.chance.choice(["in", "in", "out"])
        scan = self.meeting.new_scan(badge, self.chance.uniform(-600, 600), direction=way, session=session)
        self.scans.append(scan["scan_id"])
        skew = self.chance.choice([0, 0, 300, -300])
        return await self.meeting.send_batch([scan], 700, device=f"gate-{self.chance.randrange(3)}", skew=skew)

    async def annul(self) -> httpx.Response | None:
        if not self.scans:
            return None
        at = f"{self.meeting.path}/check-ins/{self.chance.choice(self.scans)}:annul"
        return await self.meeting.admin.post(at, {"reason": "contoh"})

    async def reissue(self) -> httpx.Response:
        return await self.meeting.admin.post(f"{self.meeting.path}/participants/{self.somebody}/badge", None)

    async def rename(self) -> None:
        names = ("kpu-33", "kpu-99")
        await fetch(self.url, RENAME, *(names[::-1] if self.renamed else names))
        self.renamed = not self.renamed

    async def move_session(self) -> httpx.Response:
        hour = self.chance.choice(["08:55", "09:00", "09:05"])
        patch = {"starts_at": f"2026-12-07T{hour}:00+07:00"}
        return await self.meeting.admin.patch(f"{self.meeting.path}/sessions/opening", patch)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
async def test_a_walk_is_counted_at_every_turn(
    own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str, seed: int
) -> None:
    walk = Walk(await MeetingClient.create(own_app, own_client, participant_count=6), own_url, seed)
    for n in range(1, STEPS + 1):
        await walk.step()
        if n % EACH == 0:
            await assert_summary_matches_lines(walk.meeting)
            assert await fetch(own_url, COUNT_DIFFERENCES) == 0
    assert walk.refused < STEPS / 4, "a walk on which nothing happens proves nothing"


async def test_many_hands_at_once_are_counted(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> None:
    walk = Walk(await MeetingClient.create(own_app, own_client, participant_count=12), own_url, 7)
    deeds = (walk.register, walk.change, walk.by_hand, walk.scan, walk.scan, walk.annul)
    for _ in range(6):
        answers = await asyncio.gather(*(walk.chance.choice(deeds)() for _ in range(10)))
        assert {one.status_code for one in answers if one is not None} <= {200, 201, 207, 409}
    await assert_summary_matches_lines(walk.meeting)
    assert await fetch(own_url, COUNT_DIFFERENCES) == 0
