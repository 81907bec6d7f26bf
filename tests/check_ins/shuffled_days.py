"""Scans of two days at devices with owners, jumping clocks and a reset, sent in random order around a closing."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

import asyncpg

from app.auth import Scope
from tests.callers import bearer_headers
from tests.check_ins.meeting_client import MeetingClient, after_start

HOUR, DAY = 3600, 24 * 3600
RESET_AT, CLOSED_AT = 4 * DAY - 1000, 5 * DAY
"""Seconds after the start: of the reset of gate-3, and of the closing of the roll."""
OWNER, FOREIGN_CLIENT = "owner", "foreign"
SCAN_TIMES = (
    *(-12 * HOUR - 1, -12 * HOUR, -60, 0, 0.5, 30, 90, 9 * HOUR, 15.5 * HOUR, 16 * HOUR - 1, 16 * HOUR, 22 * HOUR),
    *(24 * HOUR, 24 * HOUR + 60, 33 * HOUR, 40 * HOUR, 42 * HOUR - 1, 42 * HOUR, 60 * HOUR),
)
"""Seconds after the start. The first day ends at 01:00 (16 hours), the second one's window at 03:00 (42 hours)."""


class Clock(NamedTuple):
    """The clock of a device during one phase: all scans of a phase are first sent in it, perhaps again later."""

    device: str
    epoch: int
    sent_from: float
    skew: float
    least_latency: float


CLOCKS = (
    Clock("gate-1", 0, 3 * DAY, 0, 0.125),
    Clock("gate-2", 0, 3 * DAY, 2 * DAY, 0.125),
    Clock("gate-2", 1, 3 * DAY, -95.5, 0.125),
    # A reset between these two, with quicker submissions after it.
    Clock("gate-3", 0, 3 * DAY, -120.25, 10.125),
    Clock("gate-3", 0, 4 * DAY, -120.25, 0),
    # The clock of gate-4 jumps by an hour, and back, without a new epoch.
    Clock("gate-4", 0, 3 * DAY, 0, 0.125),
    Clock("gate-4", 0, 3 * DAY + 40_000, HOUR, 0.5),
    Clock("gate-4", 0, 4 * DAY, 1, 0.125),
    # After the closing.
    Clock("gate-1", 0, 6 * DAY, 0, 0.25),
    Clock("gate-5", 0, 6 * DAY, 7 * HOUR, 0.125),
)
LATE_CLOCKS = CLOCKS[8:]

SELECT_STATE = """
SELECT json_build_array(
    (SELECT json_agg(to_jsonb(line) - 'meeting' ORDER BY participant) FROM attendance AS line WHERE meeting = $1),
    (SELECT json_agg(json_build_array(id, effective_at, classification, session, day, day_ends_at, clock_epoch, period)
        ORDER BY id) FROM classified_scans WHERE meeting = $1),
    (SELECT json_agg(to_jsonb(line) - 'meeting' ORDER BY family, session, organization, office, slot)
        FROM attendance_counts AS line WHERE meeting = $1 AND invited <> 0),
    (SELECT json_agg(to_jsonb(line) ORDER BY participant) FROM derived_presence AS line
        JOIN participants AS listed ON listed.id = line.participant WHERE listed.meeting = $1),
    (SELECT json_agg(to_jsonb(line) - '{meeting,revision,updated_at}'::text[] ORDER BY participant)
        FROM closed_roll_lines AS line WHERE meeting = $1),
    (SELECT json_agg(to_jsonb(clock) - '{meeting,first_shift}'::text[] ORDER BY device_id, clock_epoch, period)
        FROM device_clocks AS clock WHERE meeting = $1)
)::text
"""


@dataclass(frozen=True)
class Submission:
    """Scans of one device, sent `seconds` after the start and received `latency` seconds later."""

    clock: Clock
    scans: tuple[dict[str, Any], ...]
    seconds: float
    latency: float


@dataclass
class ShuffledDays:
    """Sends the scans of a meeting in random order, and returns what is stored then."""

    meeting: MeetingClient
    connection: asyncpg.Connection
    scans: dict[Clock, list[dict[str, Any]]]

    @classmethod
    async def create(cls, meeting: MeetingClient) -> "ShuffledDays":
        """Set the cut-off, sessions and participants of a new meeting, and build the scans; the same in every run."""
        patched = await meeting.admin.patch(meeting.path, {"day_ends_at": "01:00", "reason": "x"})
        assert patched.status_code == 200, patched.text
        await meeting.admin.patch(meeting.participant_path(1), {"sessions": ["class-1"]})
        await meeting.admin.patch(meeting.participant_path(2), {"represents": meeting.participants[5]})
        await meeting.admin.post(f"{meeting.participant_path(3)}/badge", None)
        connection = await meeting.connect()
        sql = "UPDATE badges SET revoked_at = $1 WHERE meeting = $2 AND revoked_at IS NOT NULL"
        await connection.execute(sql, after_start(20), meeting.code)
        return cls(meeting, connection, build_scans(meeting))

    async def clear(self) -> None:
        """Open the roll and delete all scans and devices."""
        code = self.meeting.code
        await self.connection.execute("SELECT reopen_roll($1)", code)
        await self.connection.execute("DELETE FROM scans WHERE meeting = $1", code)
        await self.connection.execute("DELETE FROM devices WHERE meeting = $1", code)
        sql = "SELECT derive_attendance($1, array_agg(id)) FROM participants WHERE meeting = $1"
        await self.connection.execute(sql, code)

    async def send_and_close(self, random: Random) -> str:
        """Send everything in random order, close the roll between, confirm late uploads, and return the state."""
        await self.clear()
        early = [clock for clock in CLOCKS if clock not in LATE_CLOCKS]
        await self._send_all(early, random)
        async with self.connection.transaction():
            sql = "UPDATE meetings SET roll_closed_at = $2 WHERE code = $1"
            await self.connection.execute(sql, self.meeting.code, after_start(CLOSED_AT))
            sql = "SELECT copy_roll($1, $2, 'closer')"
            await self.connection.execute(sql, self.meeting.code, after_start(CLOSED_AT))
        await self._send_all(LATE_CLOCKS, random)
        sql = (
            "SELECT DISTINCT id FROM classified_scans WHERE meeting = $1 AND classification = 'late_upload' ORDER BY 1"
        )
        late = [row["id"] for row in await self.connection.fetch(sql, self.meeting.code)]
        assert len(late) > 10
        random.shuffle(late)
        sql = "SELECT add_late_upload($1, scan) FROM unnest($2::uuid[]) AS scan"
        await self.connection.execute(sql, self.meeting.code, late)
        state = json.loads(await self.connection.fetchval(SELECT_STATE, self.meeting.code))
        return json.dumps(state, sort_keys=True)

    async def _send_all(self, clocks: Any, random: Random) -> None:
        """Send the scans of these clocks, shuffled; the reset of gate-3 comes before what was received after it."""
        events: list[Submission | None] = [one for clock in clocks for one in self._split(clock, random)]
        random.shuffle(events)
        if clocks is not LATE_CLOCKS:
            after = [n for n, one in enumerate(events) if one and is_after_reset(one)]
            events.insert(random.randint(0, after[0]), None)
        claimed = {"gate-1"} if clocks is LATE_CLOCKS else set()
        for event in events:
            if event is None:
                await self._reset()
                continue
            await self._send(event, OWNER, 207)
            claimed.add(event.clock.device)
            if random.random() < 0.2:
                device = random.choice(sorted(claimed - {"gate-3"} or {event.clock.device}))
                clock = Clock(device, random.randint(0, 1), 0, random.choice((0, -DAY, 90_000 * HOUR)), 0)
                await self._send(Submission(clock, event.scans[:1], event.seconds, 0), FOREIGN_CLIENT, 409)

    async def _send(self, sent: Submission, client: str, status: int) -> None:
        headers = bearer_headers(self.meeting.app, Scope.CHECK_INS_WRITE, client_id=client)
        response = await self.meeting.send_batch(
            sent.scans,
            sent.seconds,
            device=sent.clock.device,
            epoch=sent.clock.epoch,
            skew=sent.clock.skew,
            latency=sent.latency,
            headers=headers,
        )
        assert response.status_code == status, response.text

    async def _reset(self) -> None:
        """Reset gate-3; its owner uses it again."""
        sql = "INSERT INTO devices (meeting, device_id) VALUES ($1, 'gate-3') ON CONFLICT DO NOTHING"
        await self.connection.execute(sql, self.meeting.code)
        sql = """
            INSERT INTO device_resets (meeting, device_id, reset_at, reset_by, reason)
            VALUES ($1, 'gate-3', $2, 'x', 'x')
        """
        await self.connection.execute(sql, self.meeting.code, after_start(RESET_AT))
        sql = "UPDATE devices SET client = NULL WHERE meeting = $1 AND device_id = 'gate-3'"
        await self.connection.execute(sql, self.meeting.code)

    def _split(self, clock: Clock, random: Random) -> list[Submission]:
        """Split the scans of a clock into submissions, some sent twice, one with the least latency."""
        sent = list(self.scans[clock])
        sent += random.sample(sent, random.randint(0, len(sent) // 2))
        earlier = [scan for one in CLOCKS if is_earlier(one, clock) for scan in self.scans[one]]
        sent += random.sample(earlier, min(len(earlier), random.randint(0, 3)))
        random.shuffle(sent)
        cuts = sorted(random.randint(0, len(sent)) for _ in range(random.randint(0, 2)))
        parts = [tuple(sent[a:b]) for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True) if a < b]
        quickest = random.randrange(len(parts))
        return [
            Submission(
                clock,
                part,
                clock.sent_from + random.randint(0, 30_000),
                clock.least_latency + (0 if n == quickest else random.choice((0.001, 0.3, 45, 700))),
            )
            for n, part in enumerate(parts)
        ]


def is_after_reset(sent: Submission) -> bool:
    return sent.clock.device == "gate-3" and sent.clock.sent_from > RESET_AT


def is_earlier(clock: Clock, than: Clock) -> bool:
    """Return whether another clock of the same device was used before: its scans may be sent again."""
    return clock.device == than.device and clock.sent_from < than.sent_from


def build_scans(meeting: MeetingClient) -> dict[Clock, list[dict[str, Any]]]:
    """Build twelve scans for each clock, the last one with a time after it was sent."""
    random = Random(11)
    badges: list[int | str] = [0, 1, 2, 3, 4, 5, "a stranger"]
    sessions = (None, None, "opening", "class-1", "class-2", "no-such")
    scans = {}
    for clock in CLOCKS:
        scans[clock] = [
            meeting.new_scan(
                random.choice(badges),
                random.choice(SCAN_TIMES) if n < 11 else 30 * DAY,
                skew=clock.skew,
                direction=random.choice(("in", "in", "out")),
                session=random.choice(sessions),
                sequence=n,
            )
            for n in range(12)
        ]
    return scans
