"""A gate: it scans, sends what it has seen or keeps it while it has no network, and sends that later, as it can."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import NamedTuple

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from uuid_utils.compat import uuid7

from app.simulation import people
from app.simulation.clock import GateClock
from app.simulation.http_client import Answer, Caller, Json, SimulationError, Unanswered
from app.simulation.ledger import Ledger, Scan

Progress = Callable[[int], None]


class Post(NamedTuple):
    """Scans that go together: all by one clock."""

    scans: Sequence[Scan]
    epoch: int


class Day(NamedTuple):
    """What a gate is told of the day: when things are due, and who waits for whom."""

    until: Callable[[float], Awaitable[None]]
    at_the_break: Callable[[], Awaitable[None]]
    together: Mapping[int, asyncio.Barrier]
    token: Callable[[people.Scan], str]
    progress: Progress


class Gate:
    """One device, with a client, a clock and outages of its own."""

    def __init__(
        self,
        number: int,
        caller: Caller,
        clock: GateClock,
        ledger: Ledger,
        at: str,
        *,
        outages: Sequence[tuple[float, float]],
        jumps_at: float | None,
        chance: Random,
        batch: int,
        duplicate: float,
    ) -> None:
        self.device = f"gate-{number + 1}"
        self._caller = caller
        self._clock = clock
        self._ledger = ledger
        self._at = at
        self._outages = outages
        self._jumps_at = jumps_at
        self._chance = chance
        self._batch = batch
        self._duplicate = duplicate
        self._kept: list[Scan] = []
        self._keys: list[OKPKey] = []
        self._meeting = ""
        self._count = 0

    async def fetch_pack(self) -> None:
        """What it needs for when there is no network: the key of the badges."""
        answer = await self._caller.ask("GET", f"{self._at}/gate-pack")
        if answer.status != 200:
            raise SimulationError(f"{self.device} was given no pack: {answer.status} {answer.body.decode()[:300]}")
        pack = answer.json()
        self._keys = [OKPKey.import_key(key) for key in pack["keys"]]
        self._meeting = pack["meeting"]["code"]

    async def open(self, planned: Sequence[people.Scan], day: Day) -> None:
        """Make the scans that are planned for this gate, in their order."""
        is_before = True
        async with asyncio.TaskGroup() as sending:
            for one in planned:
                if is_before and one.at >= people.BREAK:
                    is_before = False
                    await day.at_the_break()
                await day.until(one.at)
                if one.together is not None:
                    await day.together[one.together].wait()
                self._jump_if_due(one.at)
                is_offline = any(begins <= one.at < ends for begins, ends in self._outages)
                scan = self._scan(one, day.token(one), online=not is_offline)
                if is_offline:
                    self._kept.append(scan)
                else:
                    if self._kept:
                        sending.create_task(self._send_kept())
                    await self._send(Post([scan], scan.epoch), again=one.again, alone=True)
                day.progress(1)
            if is_before:
                await day.at_the_break()
        await self._send_kept()

    async def read_clocks(self) -> None:
        """Send one scan of each epoch once more: the answer tells what the service makes of that clock in the end."""
        oldest: dict[int, Scan] = {}
        for scan in self._ledger.scans.values():
            if scan.device == self.device and scan.told is not None:
                oldest.setdefault(scan.epoch, scan)
        for epoch, scan in oldest.items():
            before = self._ledger.shifts[self.device, epoch]
            await self._send(Post([scan], epoch), again=False, alone=False)
            if (after := self._ledger.last_shifts[self.device, epoch]) > before:
                self._ledger.differ(f"The clock of {self.device}, epoch {epoch}, went from {before} to {after}.")

    def verifies(self, token: str) -> bool:
        """Whether it is a badge of this meeting, as far as a gate can tell by itself."""
        for key in self._keys:
            with suppress(JoseError, ValueError):
                said = jws.deserialize_compact(token, key, algorithms=["Ed25519"]).payload
                return bool(orjson.loads(said)["aud"] == self._meeting)
        return False

    def _jump_if_due(self, at: float) -> None:
        if self._jumps_at is not None and at >= self._jumps_at:
            self._jumps_at = None
            self._clock.jump()

    def _scan(self, one: people.Scan, token: str, *, online: bool) -> Scan:
        true = self._clock.true.now()
        self._count += 1
        scan = Scan(
            id=str(uuid7()),
            badge=token,
            direction=one.direction,
            session=one.session,
            scanned_at=true + self._clock.skews[self._clock.epoch],
            sequence=self._count,
            device=self.device,
            epoch=self._clock.epoch,
            true_at=true,
            was_online=online,
            is_verified=None if online else self.verifies(token),
        )
        self._ledger.made(scan)
        return scan

    async def _send_kept(self) -> None:
        """In posts of one epoch each, shuffled, cut where chance has it, and some of them twice."""
        kept, self._kept = self._kept, []
        posts: list[Post] = []
        for epoch in {scan.epoch for scan in kept}:
            scans = [scan for scan in kept if scan.epoch == epoch]
            self._chance.shuffle(scans)
            while scans:
                size = self._chance.randint(1, min(self._batch, len(scans)))
                posts.append(Post(scans[:size], epoch))
                del scans[:size]
        self._chance.shuffle(posts)
        for post in posts:
            await self._send(post, again=self._chance.random() < self._duplicate, alone=False)

    async def _send(self, post: Post, *, again: bool, alone: bool) -> None:
        for _ in range(2 if again else 1):
            is_replay = all(scan.told is not None for scan in post.scans)
            self._ledger.count["posts"] += 1
            self._ledger.count["replays"] += is_replay
            path = f"{self._at}/check-ins" if alone else f"{self._at}/check-ins:batch"
            try:
                answer = await self._caller.ask("POST", path, lambda: self._body(post, alone=alone))
            except Unanswered as error:
                for scan in post.scans:
                    scan.unsure = True
                self._ledger.differ(f"{len(post.scans)} scans of {self.device}: {error}")
                return
            self._read(post, answer, alone=alone)

    def _body(self, post: Post, *, alone: bool) -> Json:
        scans = [
            {
                "scan_id": scan.id,
                "badge": scan.badge,
                "direction": scan.direction,
                "session": scan.session,
                "scanned_at": scan.scanned_at.isoformat(),
                "sequence": scan.sequence,
            }
            for scan in post.scans
        ]
        sent = {
            "device_id": self.device,
            "device_sent_at": self._clock.shows(post.epoch).isoformat(),
            "clock_epoch": post.epoch,
        }
        return {**sent, **scans[0]} if alone else {**sent, "scans": scans}

    def _read(self, post: Post, answer: Answer, *, alone: bool) -> None:
        if answer.status not in ((200, 201) if alone else (207,)):
            raise SimulationError(f"{self.device} was answered {answer.status}: {answer.body.decode()[:500]}")
        told = answer.json()
        results = [told] if alone else told["results"]
        if [one["scan_id"] for one in results] != [scan.id for scan in post.scans]:
            self._ledger.differ(f"{self.device} was answered with other scans than it had sent.")
            return
        if alone and not answer.unsure:
            self._ledger.latencies.append(answer.seconds)
        for scan, one in zip(post.scans, results, strict=True):
            status = answer.status if alone else one["status"]
            effective = datetime.fromisoformat(one["effective_at"])
            self._ledger.answered(scan, status, one["outcome"], effective, unsure=answer.unsure)
