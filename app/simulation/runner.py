"""Run of a simulated meeting: preparation, the day with its gates, and the comparison at the end."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import NamedTuple

import httpx

from app.simulation import plan as planning
from app.simulation.clock import GateClock, ReferenceClock
from app.simulation.compare import compare_with_service
from app.simulation.gate import Gate, GateSettings, Schedule
from app.simulation.http_client import RETRY_TIMEOUT_SECONDS, RequestStatistics, ServiceClient, SimulationError
from app.simulation.ledger import Ledger
from app.simulation.organizer import Organizer
from app.simulation.plan import BREAK_AT, CLASSES
from app.simulation.rules import ExpectedRoll
from app.simulation.tokens import TokenSource

OPENING_AT, CLASSES_AT = 0.4, 0.7  # shares of the day; participants who arrive later are late
OUTAGES_PER_GATE = 3
REISSUE_PAUSE_SECONDS = 0.05  # before and after reissuing badges, so that no scan falls between the two

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationOptions:
    """The size and the faults of a simulated meeting."""

    participants: int = 600
    gates: int = 10
    offline_share: float = 0.3
    """The share of the day for which each gate has no network."""
    max_skew: timedelta = timedelta(seconds=120)
    """The greatest skew of a gate's clock, in either direction."""
    repeated_share: float = 0.1
    """The share of submissions that are sent twice."""
    seed: int = 7
    max_batch_size: int = 500
    seconds: float = 10
    """The length of the day."""
    retry_timeout: float = RETRY_TIMEOUT_SECONDS
    """The time after which a request is no longer retried, in seconds."""


class SimulationResult(NamedTuple):
    """The result of a simulation; it was successful if the ledger has no differences.

    `seconds`: the duration of the day. `max_clock_error`: the greatest error of the service's estimates of gate clocks.
    """

    meeting: str
    options: SimulationOptions
    ledger: Ledger
    expected_roll: ExpectedRoll
    statistics: RequestStatistics
    seconds: float
    max_clock_error: timedelta

    @property
    def outcome_counts(self) -> Counter[str]:
        """The number of acknowledged scans by expected outcome."""
        return Counter(self.expected_roll.outcomes.values())


async def run_simulation(
    http: httpx.AsyncClient, client: tuple[str, str], options: SimulationOptions, progress: Progress
) -> SimulationResult:
    """Create and simulate a meeting at a running service, and return the measurements and differences.

    `client` is the id and secret of a client with the organizer's scopes; `progress` is called with the numbers of
    scans that have been made and that are planned.

    Raises:
        SimulationError: The service is unreachable or gave an unexpected response.
    """
    try:
        return await _Simulation(http, options).run(client, progress)
    except BaseExceptionGroup as group:
        if errors := group.subgroup(SimulationError):
            raise _find_first_error(errors) from None
        raise


class _Simulation:
    def __init__(self, http: httpx.AsyncClient, options: SimulationOptions) -> None:
        self.http = http
        self.options = options
        self.statistics = RequestStatistics()
        self.ledger = Ledger()
        self.reference_clock = ReferenceClock()
        self.plan = planning.build_plan(options.seed, options.participants, options.gates, options.repeated_share)
        self.clocks: list[GateClock] = []

    async def run(self, client: tuple[str, str], progress: Progress) -> SimulationResult:
        """Create the meeting, simulate its day, compare the service's roll with the ledger, revoke gates' clients."""
        await self._require_reachable()
        organizer = Organizer(self._build_client(*client), self.ledger)
        await organizer.create_meeting(self.reference_clock.now())
        ids = await organizer.create_participants(self.plan.people)
        tokens_by_id = await organizer.fetch_badges()
        tokens = TokenSource(
            [tokens_by_id[participant_id] for participant_id in ids],
            await organizer.create_foreign_badge(self.reference_clock.now()),
            Random(f"strange {self.options.seed}"),  # noqa: S311  (not for security)
        )
        gates = [
            self._build_gate(n, await organizer.create_gate_client(_get_device_id(n)), organizer.path)
            for n in range(self.options.gates)
        ]
        await asyncio.gather(*(gate.fetch_gate_pack() for gate in gates))
        started_at = time.monotonic()
        await self._set_session_starts(organizer)
        await self._run_day(organizer, gates, ids, tokens, progress)
        seconds = time.monotonic() - started_at
        await asyncio.gather(*(gate.check_final_offsets() for gate in gates))
        expected_roll = await compare_with_service(self.ledger, organizer)
        await organizer.revoke_gate_clients()
        return SimulationResult(
            meeting=organizer.meeting,
            options=self.options,
            ledger=self.ledger,
            expected_roll=expected_roll,
            statistics=self.statistics,
            seconds=seconds,
            max_clock_error=self._get_max_clock_error(),
        )

    async def _require_reachable(self) -> None:
        """Send one request without retries; raise SimulationError if the service is unreachable."""
        try:
            await self.http.get("/health/live")
        except httpx.TransportError as error:
            address = str(self.http.base_url).rstrip("/")
            raise SimulationError(f"The service is not reachable at {address}: {type(error).__name__}.") from None

    def _build_client(self, client_id: str, secret: str) -> ServiceClient:
        """Build a client of the service that counts its requests in the statistics."""
        return ServiceClient(self.http, client_id, secret, self.statistics, self.options.retry_timeout)

    def _build_gate(self, number: int, client: tuple[str, str], meeting_path: str) -> Gate:
        """Build a gate with random clock errors and outages and, for every second gate, a random clock jump."""
        random = Random(f"gate {number} {self.options.seed}")  # noqa: S311  (not for security)
        max_skew = self.options.max_skew
        clock = GateClock(self.reference_clock, [max_skew * random.uniform(-1, 1), max_skew * random.uniform(-1, 1)])
        self.clocks.append(clock)
        outage_length, outage_spacing = self.options.offline_share / OUTAGES_PER_GATE, 1 / OUTAGES_PER_GATE
        outage_starts = [
            n * outage_spacing + random.uniform(0, outage_spacing - outage_length) for n in range(OUTAGES_PER_GATE)
        ]
        settings = GateSettings(
            device=_get_device_id(number),
            meeting_path=meeting_path,
            outages=[(start, start + outage_length) for start in outage_starts],
            clock_jumps_at=random.uniform(0.2, 0.8) if number % 2 and max_skew else None,
            max_batch_size=self.options.max_batch_size,
            repeated_share=self.options.repeated_share,
        )
        return Gate(settings, self._build_client(*client), clock, self.ledger, random)

    async def _set_session_starts(self, organizer: Organizer) -> None:
        """Set the starts of opening and parallel sessions, as shares of the simulated day from the next second."""
        now = self.reference_clock.now().replace(microsecond=0)
        for session, share in (("opening", OPENING_AT), *((code, CLASSES_AT) for code in CLASSES)):
            await organizer.set_session_start(session, now + timedelta(seconds=1 + share * self.options.seconds))

    async def _run_day(
        self, organizer: Organizer, gates: list[Gate], ids: list[str], tokens: TokenSource, progress: Progress
    ) -> None:
        """Run all gates until they have made and sent their scans; reissue badges in the break, when they pause."""
        all_paused, resumed = asyncio.Barrier(len(gates) + 1), asyncio.Barrier(len(gates) + 1)
        group_sizes = Counter(
            scan.simultaneous_group for scan in self.plan.scans if scan.simultaneous_group is not None
        )
        started_at, scan_count = time.monotonic(), 0

        async def wait_until(share: float) -> None:
            await asyncio.sleep(max(0.0, started_at + share * self.options.seconds - time.monotonic()))

        async def wait_for_break() -> None:
            await all_paused.wait()
            await resumed.wait()

        def add_progress(scans: int) -> None:
            nonlocal scan_count
            scan_count += scans
            progress(scan_count, len(self.plan.scans))

        schedule = Schedule(
            wait_until=wait_until,
            wait_for_break=wait_for_break,
            barriers={group: asyncio.Barrier(size) for group, size in group_sizes.items()},
            get_token=tokens.get_token,
            add_progress=add_progress,
        )
        async with asyncio.TaskGroup() as running:
            for number, gate in enumerate(gates):
                scans = [scan for scan in self.plan.scans if scan.gate == number]
                running.create_task(gate.run(scans, schedule))
            await wait_until(BREAK_AT)
            await all_paused.wait()
            await asyncio.sleep(REISSUE_PAUSE_SECONDS)
            for person in self.plan.reissued:
                tokens.current[person] = await organizer.reissue_badge(ids[person], tokens.current[person])
            await asyncio.sleep(REISSUE_PAUSE_SECONDS)
            await resumed.wait()

    def _get_max_clock_error(self) -> timedelta:
        """Return the greatest difference between a gate's clock offset in the ledger and the true one."""
        skews = {
            (_get_device_id(number), epoch): skew
            for number, clock in enumerate(self.clocks)
            for epoch, skew in enumerate(clock.skews)
        }
        errors = (abs(offset + skews[key]) for key, offset in self.ledger.clock_offsets.items())
        return max(errors, default=timedelta(0))


def _get_device_id(number: int) -> str:
    """Return the device id of a gate, by its number from 0."""
    return f"gate-{number + 1}"


def _find_first_error(group: BaseExceptionGroup[SimulationError]) -> SimulationError:
    """Return the first error in an exception group, which may contain further groups."""
    error = group.exceptions[0]
    return _find_first_error(error) if isinstance(error, BaseExceptionGroup) else error
