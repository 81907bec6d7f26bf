"""The plan of a simulated meeting: people and scans, generated from a seed.

Times are shares of the meeting's day, from 0 to 1. At `BREAK_AT` all gates pause while badges are reissued.
"""

from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Literal, NamedTuple

BREAK_AT = 0.5
CLASSES = ("class-1", "class-2")
ABSENT_SHARE, SCANNED_TWICE_SHARE, AT_TWO_GATES_SHARE, LEAVING_SHARE, RETURNING_SHARE = 0.06, 0.1, 0.1, 0.3, 0.6
ASSIGNED_SHARE, WRONG_CLASS_SHARE = 0.7, 0.1
REISSUED_SHARE, INVALID_BADGE_SHARE = 0.03, 0.04  # of all participants

BadgeKind = Literal["current", "former", "random", "tampered", "foreign"]
"""The token to scan: the participant's badge, the one before it was reissued, or a token that is no badge of this
meeting (random text, a changed signature, a badge of another meeting)."""


class Person(NamedTuple):
    """A participant to create, with the class that the person is assigned to."""

    number: int
    name: str
    session: str | None


@dataclass(frozen=True)
class PlannedScan:
    """A scan that a gate will make."""

    time: float
    gate: int
    person: int
    badge_kind: BadgeKind = "current"
    direction: Literal["in", "out"] = "in"
    session: str | None = None
    simultaneous_group: int | None = None
    """Gates make the scans of one group at the same moment."""
    is_repeated: bool = False
    """The gate sends the scan a second time after the response."""


class Plan(NamedTuple):
    """Everything that will happen; scans in order of time, `reissued` holds the numbers of persons."""

    people: list[Person]
    scans: list[PlannedScan]
    reissued: list[int]


def build_plan(seed: int, participants: int, gates: int, repeated_share: float) -> Plan:
    """Build the random plan of all persons and scans; the same arguments give the same plan."""
    random = Random(f"people {seed}")  # noqa: S311  (not for security)
    people = [Person(n, f"Peserta {n + 1:03}", _choose_parallel_session(random)) for n in range(participants)]
    reissued_count = min(participants, max(2, round(REISSUED_SHARE * participants)))
    reissued = sorted(random.sample(range(participants), reissued_count))
    groups = count()
    scans: list[PlannedScan] = []
    for person in people:
        if person.number in reissued:
            scans += _plan_reissued_day(random, person, gates)
        elif random.random() >= ABSENT_SHARE:
            scans += _plan_day(random, person, gates, groups)
    invalid_kinds: tuple[BadgeKind, ...] = ("random", "tampered", "foreign")
    for n in range(max(3, round(INVALID_BADGE_SHARE * participants))):
        kind = invalid_kinds[n % 3]
        scans.append(PlannedScan(random.random(), random.randrange(gates), random.randrange(participants), kind))
    ordered = sorted(scans, key=lambda scan: (scan.time, scan.simultaneous_group or 0, scan.gate))
    return Plan(people, [_choose_repetition(random, scan, repeated_share) for scan in ordered], reissued)


def _choose_parallel_session(random: Random) -> str | None:
    """Choose the parallel session that a person is assigned to; None for the share of persons without one."""
    return random.choice(CLASSES) if random.random() < ASSIGNED_SHARE else None


def _plan_day(random: Random, person: Person, gates: int, groups: "count[int]") -> list[PlannedScan]:
    """Plan a person's scans: entry and, at random, a repetition, a parallel session (right or wrong), exit, return."""
    arrival = random.triangular(0, 0.75, 0.3)
    session = "opening" if random.random() < 0.2 else None
    first = PlannedScan(arrival, random.randrange(gates), person.number, session=session)
    scans = [first]
    if random.random() < AT_TWO_GATES_SHARE and gates > 1:
        other = (first.gate + random.randrange(1, gates)) % gates
        group = next(groups)
        scans = [
            PlannedScan(arrival, gate, person.number, session=session, simultaneous_group=group)
            for gate in (first.gate, other)
        ]
    if random.random() < SCANNED_TWICE_SHARE:
        scans.append(PlannedScan(_choose_later(random, arrival, 0.05), random.randrange(gates), person.number))
    if person.session:
        attended = person.session
        if random.random() < WRONG_CLASS_SHARE:
            attended = next(code for code in CLASSES if code != person.session)
        time = _choose_later(random, arrival, 0.3)
        scans.append(PlannedScan(time, random.randrange(gates), person.number, session=attended))
    if random.random() < LEAVING_SHARE:
        departure = _choose_later(random, arrival, 0.3)
        scans.append(PlannedScan(departure, random.randrange(gates), person.number, direction="out"))
        if random.random() < RETURNING_SHARE:
            scans.append(PlannedScan(_choose_later(random, departure, 0.2), random.randrange(gates), person.number))
    return scans


def _plan_reissued_day(random: Random, person: Person, gates: int) -> list[PlannedScan]:
    """Plan the scans of a person with a reissued badge: the former badge after its revocation, perhaps valid ones."""
    scans = [PlannedScan(random.uniform(0.6, 0.95), random.randrange(gates), person.number, "former")]
    if random.random() < 0.6:
        scans.append(PlannedScan(random.uniform(0, 0.4), random.randrange(gates), person.number))
    if random.random() < 0.6:
        scans.append(PlannedScan(random.uniform(0.55, 0.95), random.randrange(gates), person.number))
    return scans


def _choose_later(random: Random, time: float, max_delay: float) -> float:
    """Choose a random time after `time`, at most `max_delay` later (shares of the day) and within the day."""
    return min(0.999, time + random.uniform(0.001, max_delay))


def _choose_repetition(random: Random, scan: PlannedScan, share: float) -> PlannedScan:
    """Return the scan, marked with the probability `share` as one that is sent twice."""
    return replace(scan, is_repeated=random.random() < share)
