"""A simulated gate: a device that scans badges, and stores scans while it is offline to send them later."""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from uuid_utils.compat import uuid7

from app.simulation.clock import GateClock
from app.simulation.http_client import FinalResponse, Json, RetryTimeout, ServiceClient, SimulationError
from app.simulation.ledger import Ledger, RecordedScan
from app.simulation.plan import BREAK_AT, PlannedScan


class Submission(NamedTuple):
    """Scans of one clock epoch that are sent in one request."""

    scans: Sequence[RecordedScan]
    epoch: int


@dataclass(frozen=True)
class Schedule:
    """The course of the day, shared by all gates. Times are shares of the day."""

    wait_until: Callable[[float], Awaitable[None]]
    """Waits until a time of the day."""
    wait_for_break: Callable[[], Awaitable[None]]
    """Waits until all gates have reached the break and badges have been reissued."""
    barriers: Mapping[int, asyncio.Barrier]
    """By group of simultaneous scans."""
    get_token: Callable[[PlannedScan], str]
    """Returns the token that is scanned."""
    add_progress: Callable[[int], None]
    """Counts scans that have been made."""


@dataclass(frozen=True)
class GateSettings:
    """The properties of one gate."""

    device: str
    """The device id."""
    meeting_path: str
    """The path of the meeting, `/v1/meetings/{code}`."""
    outages: Sequence[tuple[float, float]]
    """Intervals without a network, from and to a time of the day."""
    clock_jumps_at: float | None
    """The time of the day at which the clock jumps; None: never."""
    max_batch_size: int
    """Most scans in one batch."""
    repeated_share: float
    """The share of batches that are sent twice."""


class Gate:
    """One device, with a client, a clock and outages of its own."""

    def __init__(
        self, settings: GateSettings, client: ServiceClient, clock: GateClock, ledger: Ledger, random: Random
    ) -> None:
        self.settings = settings
        self._client = client
        self._clock = clock
        self._ledger = ledger
        self._random = random
        self._clock_jumps_at = settings.clock_jumps_at
        self._stored: list[RecordedScan] = []
        self._keys: list[Ed25519PublicKey] = []
        self._meeting = ""
        self._scan_count = 0

    async def fetch_gate_pack(self) -> None:
        """Fetch and store the meeting code and the public keys with which the gate verifies badges while offline."""
        response = await self._client.request("GET", f"{self.settings.meeting_path}/gate-pack")
        if response.status != 200:
            raise SimulationError(
                f"{self.settings.device} got no gate pack: {response.status} {response.body.decode()[:300]}"
            )
        pack = response.json()
        self._keys = [Ed25519PublicKey.from_public_bytes(_decode_base64url(key["x"])) for key in pack["keys"]]
        self._meeting = pack["meeting"]["code"]

    async def run(self, planned_scans: Sequence[PlannedScan], schedule: Schedule) -> None:
        """Make this gate's planned scans at their times, send them (those made offline later); pause in the break."""
        is_before_break = True
        async with asyncio.TaskGroup() as sending:
            for planned in planned_scans:
                if is_before_break and planned.time >= BREAK_AT:
                    is_before_break = False
                    await schedule.wait_for_break()
                await schedule.wait_until(planned.time)
                if planned.simultaneous_group is not None:
                    await schedule.barriers[planned.simultaneous_group].wait()
                self._jump_if_due(planned.time)
                is_offline = any(start <= planned.time < end for start, end in self.settings.outages)
                scan = self._record_scan(planned, schedule.get_token(planned), is_online=not is_offline)
                if is_offline:
                    self._stored.append(scan)
                else:
                    if self._stored:
                        sending.create_task(self._send_stored())
                    submission = Submission([scan], scan.epoch)
                    await self._send(submission, is_repeated=planned.is_repeated, is_single=True)
                schedule.add_progress(1)
            if is_before_break:
                await schedule.wait_for_break()
        await self._send_stored()

    async def check_final_offsets(self) -> None:
        """Send one scan of each clock epoch again; add a difference if the service's clock offset has risen.

        An offset may only fall.
        """
        first_scans: dict[int, RecordedScan] = {}
        for scan in self._ledger.scans.values():
            if scan.device == self.settings.device and scan.reported_outcome is not None:
                first_scans.setdefault(scan.epoch, scan)
        for epoch, scan in first_scans.items():
            before = self._ledger.clock_offsets[self.settings.device, epoch]
            await self._send(Submission([scan], epoch), is_repeated=False, is_single=False)
            if (after := self._ledger.last_clock_offsets[self.settings.device, epoch]) > before:
                self._ledger.add_difference(
                    f"The clock offset of {self.settings.device}, epoch {epoch}, rose from {before} to {after}."
                )

    def accepts(self, token: str) -> bool:
        """Return whether a token is a badge of this meeting, by the stored keys only, without asking the service."""
        for key in self._keys:
            signing_input, _, signature = token.rpartition(".")
            with suppress(InvalidSignature, ValueError):
                key.verify(_decode_base64url(signature), signing_input.encode())
                claims = orjson.loads(_decode_base64url(signing_input.partition(".")[2]))
                return bool(claims["aud"] == self._meeting)
        return False

    def _jump_if_due(self, time: float) -> None:
        """Change the error of the gate's clock, only once, when the planned time of the jump has come."""
        if self._clock_jumps_at is not None and time >= self._clock_jumps_at:
            self._clock_jumps_at = None
            self._clock.jump()

    def _record_scan(self, planned: PlannedScan, token: str, *, is_online: bool) -> RecordedScan:
        """Create a scan of a token with the time of the gate's clock, and add it to the ledger."""
        now = self._clock.reference.now()
        self._scan_count += 1
        scan = RecordedScan(
            id=str(uuid7()),
            badge=token,
            direction=planned.direction,
            session=planned.session,
            scanned_at=now + self._clock.skews[self._clock.epoch],
            sequence=self._scan_count,
            device=self.settings.device,
            epoch=self._clock.epoch,
            true_at=now,
            was_online=is_online,
            accepted_offline=None if is_online else self.accepts(token),
        )
        self._ledger.add_scan(scan)
        return scan

    async def _send_stored(self) -> None:
        """Send the scans stored while offline in random batches of one clock epoch, some of them twice."""
        stored, self._stored = self._stored, []
        submissions: list[Submission] = []
        for epoch in {scan.epoch for scan in stored}:
            scans = [scan for scan in stored if scan.epoch == epoch]
            self._random.shuffle(scans)
            while scans:
                size = self._random.randint(1, min(self.settings.max_batch_size, len(scans)))
                submissions.append(Submission(scans[:size], epoch))
                del scans[:size]
        self._random.shuffle(submissions)
        for submission in submissions:
            is_repeated = self._random.random() < self.settings.repeated_share
            await self._send(submission, is_repeated=is_repeated, is_single=False)

    async def _send(self, submission: Submission, *, is_repeated: bool, is_single: bool) -> None:
        """Send a submission once or twice, as a single check-in or as a batch, and record the results in the ledger."""
        for _ in range(2 if is_repeated else 1):
            is_replay = all(scan.reported_outcome is not None for scan in submission.scans)
            self._ledger.counters["posts"] += 1
            self._ledger.counters["replays"] += is_replay
            meeting_path = self.settings.meeting_path
            path = f"{meeting_path}/check-ins" if is_single else f"{meeting_path}/check-ins:batch"
            try:
                response = await self._client.request(
                    "POST", path, lambda: self._build_body(submission, is_single=is_single)
                )
            except RetryTimeout as error:
                for scan in submission.scans:
                    scan.is_ambiguous = True
                self._ledger.add_difference(f"{len(submission.scans)} scans of {self.settings.device}: {error}")
                return
            self._record_results(submission, response, is_single=is_single)

    def _build_body(self, submission: Submission, *, is_single: bool) -> Json:
        """Build the JSON body of a check-in request, with the gate clock's current time as the time of sending."""
        scans = [
            {
                "scan_id": scan.id,
                "badge": scan.badge,
                "direction": scan.direction,
                "session": scan.session,
                "scanned_at": scan.scanned_at.isoformat(),
                "sequence": scan.sequence,
            }
            for scan in submission.scans
        ]
        device = {
            "device_id": self.settings.device,
            "device_sent_at": self._clock.read(submission.epoch).isoformat(),
            "clock_epoch": submission.epoch,
        }
        return {**device, **scans[0]} if is_single else {**device, "scans": scans}

    def _record_results(self, submission: Submission, response: FinalResponse, *, is_single: bool) -> None:
        """Add the results in a response to the ledger; raise SimulationError if it has an unexpected status."""
        if response.status not in ((200, 201) if is_single else (207,)):
            raise SimulationError(
                f"{self.settings.device} got the status {response.status}: {response.body.decode()[:500]}"
            )
        document = response.json()
        results = [document] if is_single else document["results"]
        if [result["scan_id"] for result in results] != [scan.id for scan in submission.scans]:
            self._ledger.add_difference(f"{self.settings.device} got results of other scans than it had sent.")
            return
        if is_single and not response.is_ambiguous:
            self._ledger.latencies.append(response.seconds)
        for scan, result in zip(submission.scans, results, strict=True):
            status = response.status if is_single else result["status"]
            effective_at = datetime.fromisoformat(result["effective_at"])
            self._ledger.record_result(
                scan, status, result["outcome"], effective_at, is_ambiguous=response.is_ambiguous
            )


def _decode_base64url(part: str) -> bytes:
    """Decode base64url without padding (RFC 7515, section 2); ValueError if it is malformed."""
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
