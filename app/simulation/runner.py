"""A meeting from its call to the comparison: who is made, when things are due, and what is told of it in the end."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import NamedTuple

import httpx

from app.simulation import people
from app.simulation.clock import GateClock, TrueClock
from app.simulation.compare import compare
from app.simulation.gate import Day, Gate
from app.simulation.http_client import PATIENCE, Caller, Seen, SimulationError
from app.simulation.ledger import Ledger
from app.simulation.organizer import Organizer
from app.simulation.people import BREAK, Plan
from app.simulation.rules import Verdicts

OPENING, CLASSES = 0.4, 0.7  # of the day; who comes later is late
OUTAGES = 3
PAUSE = 0.05  # around the issuing of badges anew, so that it is clear what was scanned before and what after

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wishes:
    """What is to be played."""

    participants: int = 600
    gates: int = 10
    offline: float = 0.3
    skew: timedelta = timedelta(seconds=120)
    duplicate: float = 0.1
    seed: int = 7
    batch: int = 500
    seconds: float = 10
    patience: float = PATIENCE


class Outcome(NamedTuple):
    """What has come of it."""

    meeting: str
    wishes: Wishes
    ledger: Ledger
    verdicts: Verdicts
    seen: Seen
    seconds: float
    clock_error: timedelta
    """The most by which the service has a gate's clock wrong, by the clock of the simulator."""

    @property
    def comes_to(self) -> Counter[str]:
        return Counter(self.verdicts.outcomes.values())


async def play(http: httpx.AsyncClient, client: tuple[str, str], wishes: Wishes, progress: Progress) -> Outcome:
    """Play a meeting. `client`: id and secret of one with the organizer's scopes."""
    try:
        return await _Play(http, wishes).run(client, progress)
    except BaseExceptionGroup as group:
        if found := group.subgroup(SimulationError):
            raise _first(found) from None
        raise


class _Play:
    def __init__(self, http: httpx.AsyncClient, wishes: Wishes) -> None:
        self.http = http
        self.wishes = wishes
        self.seen = Seen()
        self.ledger = Ledger()
        self.true = TrueClock()
        self.plan: Plan = people.plan(wishes.seed, wishes.participants, wishes.gates, wishes.duplicate)
        self.clocks: list[GateClock] = []

    async def run(self, client: tuple[str, str], progress: Progress) -> Outcome:
        await self._must_be_there()
        organizer = Organizer(self._caller(*client), self.ledger)
        await organizer.call(self.true.now())
        ids = await organizer.ask_people(self.plan.people)
        tokens = await organizer.badges()
        own = [tokens[one] for one in ids]
        elsewhere = await organizer.badge_of_elsewhere(self.true.now())
        gates = [
            self._gate(n, await organizer.client_of_a_gate(f"gate-{n + 1}"), organizer)
            for n in range(self.wishes.gates)
        ]
        await asyncio.gather(*(gate.fetch_pack() for gate in gates))
        began = time.monotonic()
        await self._begin(organizer)
        await self._day(organizer, gates, ids, own, elsewhere, progress)
        seconds = time.monotonic() - began
        await asyncio.gather(*(gate.read_clocks() for gate in gates))
        verdicts = await compare(self.ledger, organizer)
        await organizer.dismiss()
        error = self._clock_error()
        return Outcome(organizer.meeting, self.wishes, self.ledger, verdicts, self.seen, seconds, error)

    async def _must_be_there(self) -> None:
        """Where nothing answers from the beginning, patience is of no use."""
        try:
            await self.http.get("/health/live")
        except httpx.TransportError as error:
            address = str(self.http.base_url).rstrip("/")
            raise SimulationError(f"Nothing answers at {address}: {type(error).__name__}.") from None

    def _caller(self, id_: str, secret: str) -> Caller:
        return Caller(self.http, id_, secret, self.seen, self.wishes.patience)

    def _gate(self, number: int, client: tuple[str, str], organizer: Organizer) -> Gate:
        """Every second gate's clock jumps, and each is without the network for the same share of the day."""
        chance = Random(f"gate {number} {self.wishes.seed}")  # noqa: S311  (not to be guessed is not what it is for)
        most = self.wishes.skew
        skews = [most * chance.uniform(-1, 1), most * chance.uniform(-1, 1)]
        self.clocks.append(GateClock(self.true, skews))
        each, part = self.wishes.offline / OUTAGES, 1 / OUTAGES
        begins = [n * part + chance.uniform(0, part - each) for n in range(OUTAGES)]
        return Gate(
            number,
            self._caller(*client),
            self.clocks[-1],
            self.ledger,
            organizer.at,
            outages=[(one, one + each) for one in begins],
            jumps_at=chance.uniform(0.2, 0.8) if number % 2 and most else None,
            chance=chance,
            batch=self.wishes.batch,
            duplicate=self.wishes.duplicate,
        )

    async def _begin(self, organizer: Organizer) -> None:
        now = self.true.now().replace(microsecond=0)
        for session, share in (("opening", OPENING), *((code, CLASSES) for code in people.CLASSES)):
            await organizer.begin(session, now + timedelta(seconds=1 + share * self.wishes.seconds))

    async def _day(
        self,
        organizer: Organizer,
        gates: list[Gate],
        ids: list[str],
        own: list[str],
        elsewhere: str,
        progress: Progress,
    ) -> None:
        former = list(own)
        strange = Random(f"strange {self.wishes.seed}")  # noqa: S311  (not to be guessed is not what it is for)
        gathered, resumed = asyncio.Barrier(len(gates) + 1), asyncio.Barrier(len(gates) + 1)
        pairs = Counter(one.together for one in self.plan.scans if one.together is not None)
        began, made = time.monotonic(), 0

        async def until(at: float) -> None:
            await asyncio.sleep(max(0.0, began + at * self.wishes.seconds - time.monotonic()))

        async def at_the_break() -> None:
            await gathered.wait()
            await resumed.wait()

        def token(one: people.Scan) -> str:
            if one.shown == "elsewhere":
                return elsewhere
            if one.shown == "made_up":
                return f"https://example.org/{strange.getrandbits(64):x}"
            if one.shown == "tampered":
                middle = len(own[one.person]) - 40  # within the signature
                there = own[one.person]
                return there[:middle] + ("A" if there[middle] != "A" else "B") + there[middle + 1 :]
            return former[one.person] if one.shown == "former" else own[one.person]

        def note(more: int) -> None:
            nonlocal made
            made += more
            progress(made, len(self.plan.scans))

        day = Day(until, at_the_break, {pair: asyncio.Barrier(often) for pair, often in pairs.items()}, token, note)
        async with asyncio.TaskGroup() as running:
            for number, gate in enumerate(gates):
                running.create_task(gate.open([one for one in self.plan.scans if one.gate == number], day))
            await until(BREAK)
            await gathered.wait()
            await asyncio.sleep(PAUSE)
            for person in self.plan.reissued:
                own[person] = await organizer.badge_anew(ids[person], own[person])
            await asyncio.sleep(PAUSE)
            await resumed.wait()

    def _clock_error(self) -> timedelta:
        known = {
            (f"gate-{n + 1}", epoch): skew
            for n, clock in enumerate(self.clocks)
            for epoch, skew in enumerate(clock.skews)
        }
        return max((abs(shift + known[key]) for key, shift in self.ledger.shifts.items()), default=timedelta(0))


def _first(group: BaseExceptionGroup[SimulationError]) -> SimulationError:
    one = group.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one
