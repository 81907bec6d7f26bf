"""The counters of a roll equal a count of its lines after random changes, in sequence and concurrent."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import httpx
import pytest
from fastapi import FastAPI

from tests.attendance.expected_counts import COUNT_DIFFERENCES, assert_summary_matches_lines
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import fetch_value

ORGANIZATIONS = ("kpu", "kpu-31", "kpu-32", "kpu-33", None)
OFFICES = ("chair", "member", None)
STATUSES = ("expected", "present", "excused", "sick", "on_duty_elsewhere", "on_leave", "absent")
SESSIONS: tuple[list[str], ...] = ([], ["opening"], ["class-1"], ["opening", "class-2"])
RENAME_ORGANIZATION = "UPDATE organizations SET code = $2 WHERE code = $1"
CHANGES, CHANGES_BETWEEN_CHECKS = 200, 40


class RandomChanges:
    """Random changes of a meeting; the seed determines them."""

    def __init__(self, meeting: MeetingClient, url: str, seed: int) -> None:
        self.meeting = meeting
        self.url = url
        self.random = Random(seed)
        self.scan_ids: list[str] = []
        self.refused_count = 0
        self.is_renamed = False
        self.actions: tuple[Callable[[], Awaitable[httpx.Response | None]], ...] = (
            *(
                self.register_participant,
                self.register_participant,
                self.register_batch,
                self.delete_participant,
                self.change_participant,
                self.set_representation,
                self.set_status,
            ),
            *(
                self.send_scan,
                self.send_scan,
                self.send_scan,
                self.annul_scan,
                self.reissue_badge,
                self.rename_organization,
                self.move_session,
            ),
        )

    async def make_random_change(self) -> None:
        """Make one change; the service may refuse it with 4xx."""
        response = await self.random.choice(self.actions)()
        if response is not None:
            assert response.status_code < 500, response.text
            self.refused_count += response.status_code >= 400

    @property
    def random_participant(self) -> str:
        return self.random.choice(self.meeting.participants)

    def create_random_members(self) -> dict[str, object]:
        """Return organization, office and sessions of a participant."""
        organization, office = self.random.choice(ORGANIZATIONS), self.random.choice(OFFICES)
        if organization == "kpu-33" and self.is_renamed:
            organization = "kpu-99"
        return {"organization": organization, "office": office, "sessions": self.random.choice(SESSIONS)}

    async def register_participant(self) -> httpx.Response:
        represents = self.random_participant if self.random.random() < 0.3 else None
        payload = {"name": "Baru", "represents": represents, **self.create_random_members()}
        response = await self.meeting.admin.post(f"{self.meeting.path}/participants", payload)
        if response.status_code == 201:
            self.meeting.participants.append(response.json()["id"])
        return response

    async def register_batch(self) -> httpx.Response:
        people = [{"name": "Rombongan", **self.create_random_members()} for _ in range(3)]
        response = await self.meeting.admin.post(f"{self.meeting.path}/participants:batch", {"participants": people})
        self.meeting.participants += [item["id"] for item in response.json().get("registered", [])]
        return response

    async def delete_participant(self) -> httpx.Response:
        participant = self.random_participant
        response = await self.meeting.admin.delete(f"{self.meeting.path}/participants/{participant}")
        if response.status_code == 204:
            self.meeting.participants.remove(participant)
        return response

    async def change_participant(self) -> httpx.Response:
        return await self.meeting.admin.patch(
            f"{self.meeting.path}/participants/{self.random_participant}", self.create_random_members()
        )

    async def set_representation(self) -> httpx.Response:
        represented = self.random.choice([None, self.random_participant, self.random_participant])
        return await self.meeting.admin.patch(
            f"{self.meeting.path}/participants/{self.random_participant}", {"represents": represented}
        )

    async def set_status(self) -> httpx.Response:
        body = {"status": self.random.choice(STATUSES), "reason": "contoh"}
        return await self.meeting.admin.patch(f"{self.meeting.path}/attendance/{self.random_participant}", body)

    async def send_scan(self) -> httpx.Response:
        path = f"{self.meeting.path}/participants/{self.random_participant}/badge"
        token = (await self.meeting.admin.get(path)).json()["token"]
        session = self.random.choice([None, "opening", "class-1"])
        direction = self.random.choice(["in", "in", "out"])
        scan = self.meeting.new_scan(token, self.random.uniform(-600, 600), direction=direction, session=session)
        self.scan_ids.append(scan["scan_id"])
        skew = self.random.choice([0, 0, 300, -300])
        return await self.meeting.send_batch([scan], 700, device=f"gate-{self.random.randrange(3)}", skew=skew)

    async def annul_scan(self) -> httpx.Response | None:
        if not self.scan_ids:
            return None
        path = f"{self.meeting.path}/check-ins/{self.random.choice(self.scan_ids)}:annul"
        return await self.meeting.admin.post(path, {"reason": "contoh"})

    async def reissue_badge(self) -> httpx.Response:
        return await self.meeting.admin.post(f"{self.meeting.path}/participants/{self.random_participant}/badge", None)

    async def rename_organization(self) -> None:
        names = ("kpu-33", "kpu-99")
        await fetch_value(self.url, RENAME_ORGANIZATION, *(names[::-1] if self.is_renamed else names))
        self.is_renamed = not self.is_renamed

    async def move_session(self) -> httpx.Response:
        hour = self.random.choice(["08:55", "09:00", "09:05"])
        patch = {"starts_at": f"2026-12-07T{hour}:00+07:00"}
        return await self.meeting.admin.patch(f"{self.meeting.path}/sessions/opening", patch)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
async def test_counters_are_right_after_random_changes(
    own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str, seed: int
) -> None:
    changes = RandomChanges(await MeetingClient.create(own_app, own_client, participant_count=6), own_url, seed)
    for n in range(1, CHANGES + 1):
        await changes.make_random_change()
        if n % CHANGES_BETWEEN_CHECKS == 0:
            await assert_summary_matches_lines(changes.meeting)
            assert await fetch_value(own_url, COUNT_DIFFERENCES) == 0
    assert changes.refused_count < CHANGES / 4, "too many changes were refused for the test to be significant"


async def test_counters_are_right_after_concurrent_changes(
    own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str
) -> None:
    changes = RandomChanges(await MeetingClient.create(own_app, own_client, participant_count=12), own_url, 7)
    actions = (
        changes.register_participant,
        changes.change_participant,
        changes.set_status,
        changes.send_scan,
        changes.send_scan,
        changes.annul_scan,
    )
    for _ in range(6):
        responses = await asyncio.gather(*(changes.random.choice(actions)() for _ in range(10)))
        assert {response.status_code for response in responses if response is not None} <= {200, 201, 207, 409}
    await assert_summary_matches_lines(changes.meeting)
    assert await fetch_value(own_url, COUNT_DIFFERENCES) == 0
