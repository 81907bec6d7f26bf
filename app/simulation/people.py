"""Who comes, when and to which door: made up from a seed, the same each time.

Instants are shares of the meeting's day, 0 to 1; at `BREAK` everybody stands still while badges are issued anew.
"""

from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Literal, NamedTuple

BREAK = 0.5
CLASSES = ("class-1", "class-2")
NEVER_COMES, SCANNED_TWICE, AT_TWO_GATES, LEAVES, COMES_BACK = 0.06, 0.1, 0.1, 0.3, 0.6
SEATED, AT_WRONG_CLASS = 0.7, 0.1
REISSUED, STRANGE = 0.03, 0.04  # of all

Shown = Literal["own", "former", "made_up", "tampered", "elsewhere"]
"""Which token is shown: the badge that is good then, the one before it, or one that is none of this meeting."""


class Person(NamedTuple):
    """Somebody on the list."""

    number: int
    name: str
    session: str | None


@dataclass(frozen=True)
class Scan:
    """A scan that is to be made. Of those with one `together`, all gates wait for each other."""

    at: float
    gate: int
    person: int
    shown: Shown = "own"
    direction: Literal["in", "out"] = "in"
    session: str | None = None
    together: int | None = None
    again: bool = False


class Plan(NamedTuple):
    """All that is to happen, in order."""

    people: list[Person]
    scans: list[Scan]
    reissued: list[int]


def plan(seed: int, participants: int, gates: int, duplicate: float) -> Plan:
    """The meeting of this seed. `duplicate`: the share of scans that are sent again after their answer."""
    chance = Random(f"people {seed}")  # noqa: S311  (not to be guessed is not what it is for)
    people = [Person(n, f"Peserta {n + 1:03}", _seat(chance)) for n in range(participants)]
    reissued = sorted(chance.sample(range(participants), min(participants, max(2, round(REISSUED * participants)))))
    pairs = count()
    scans: list[Scan] = []
    for one in people:
        if one.number in reissued:
            scans += _with_two_badges(chance, one, gates)
        elif chance.random() >= NEVER_COMES:
            scans += _day_of(chance, one, gates, pairs)
    strange: tuple[Shown, ...] = ("made_up", "tampered", "elsewhere")
    for n in range(max(3, round(STRANGE * participants))):
        shown = strange[n % 3]
        scans.append(Scan(chance.random(), chance.randrange(gates), chance.randrange(participants), shown))
    ordered = sorted(scans, key=lambda one: (one.at, one.together or 0, one.gate))
    return Plan(people, [_perhaps_again(chance, one, duplicate) for one in ordered], reissued)


def _seat(chance: Random) -> str | None:
    return chance.choice(CLASSES) if chance.random() < SEATED else None


def _day_of(chance: Random, one: Person, gates: int, pairs: "count[int]") -> list[Scan]:
    """They enter, go to a class or to the wrong one, leave, and come back."""
    enters = chance.triangular(0, 0.75, 0.3)
    door = "opening" if chance.random() < 0.2 else None
    first = Scan(enters, chance.randrange(gates), one.number, session=door)
    scans = [first]
    if chance.random() < AT_TWO_GATES and gates > 1:
        other = (first.gate + chance.randrange(1, gates)) % gates
        pair = next(pairs)
        scans = [Scan(enters, gate, one.number, session=door, together=pair) for gate in (first.gate, other)]
    if chance.random() < SCANNED_TWICE:
        scans.append(Scan(_after(chance, enters, 0.05), chance.randrange(gates), one.number))
    if one.session:
        session = one.session
        if chance.random() < AT_WRONG_CLASS:
            session = next(code for code in CLASSES if code != one.session)
        scans.append(Scan(_after(chance, enters, 0.3), chance.randrange(gates), one.number, session=session))
    if chance.random() < LEAVES:
        leaves = _after(chance, enters, 0.3)
        scans.append(Scan(leaves, chance.randrange(gates), one.number, direction="out"))
        if chance.random() < COMES_BACK:
            scans.append(Scan(_after(chance, leaves, 0.2), chance.randrange(gates), one.number))
    return scans


def _with_two_badges(chance: Random, one: Person, gates: int) -> list[Scan]:
    """Their badge is lost, and found by somebody who shows it after it was revoked; some never use the new one."""
    scans = [Scan(chance.uniform(0.6, 0.95), chance.randrange(gates), one.number, "former")]
    if chance.random() < 0.6:
        scans.append(Scan(chance.uniform(0, 0.4), chance.randrange(gates), one.number))
    if chance.random() < 0.6:
        scans.append(Scan(chance.uniform(0.55, 0.95), chance.randrange(gates), one.number))
    return scans


def _after(chance: Random, before: float, most: float) -> float:
    return min(0.999, before + chance.uniform(0.001, most))


def _perhaps_again(chance: Random, one: Scan, duplicate: float) -> Scan:
    return replace(one, again=chance.random() < duplicate)
