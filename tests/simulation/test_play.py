"""A small meeting, played against the application; and against one that lies, which is found out."""

import httpx
import pytest
from fastapi import FastAPI

from app.simulation.http_client import SimulationError
from app.simulation.runner import Outcome, play
from tests.simulation import lies
from tests.simulation.conftest import SMALL

LIES: dict[lies.Lie, str] = {
    lies.loses_a_scan: "was acknowledged, and is lost",
    lies.tells_of_two_first_entries: "was told first_entry twice",
    lies.forgets_what_it_has_told: "and, when sent again, 200",
    lies.stores_what_is_there: "when sent again, 201",
    lies.lists_a_scan_twice: "is on the list 2 times",
    lies.lists_a_scan_of_nobody: "no gate has made it",
    lies.misjudges_a_scan: "outcome is not_invited, and must be",
    lies.leaves_somebody_out: "is on the roll 0 times",
    lies.calls_somebody_late: "late is ",
    lies.lets_somebody_come_later: "arrived_at is 2026-01-01",
    lies.miscounts: "The summary: present is ",
    lies.turns_a_clock_back: "The clock of gate-",
}


async def played(transport: httpx.AsyncBaseTransport, organizer: tuple[str, str]) -> Outcome:
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await play(http, organizer, SMALL, lambda _done, _total: None)


async def test_the_roll_is_what_the_ledger_says(app: FastAPI, organizer: tuple[str, str]) -> None:
    outcome = await played(httpx.ASGITransport(app), organizer)
    assert outcome.ledger.differences == []
    assert {scan.was_online for scan in outcome.ledger.scans.values()} == {True, False}
    assert {scan.epoch for scan in outcome.ledger.scans.values()} == {0, 1}
    assert set(outcome.comes_to) >= {"first_entry", "already_entered", "exit", "badge_revoked", "badge_unknown"}
    assert outcome.ledger.count["replays"] > 0
    assert set(outcome.seen.statuses) == {"200", "201", "204", "207"}


async def test_what_is_asked_for_is_what_is_played(app: FastAPI, organizer: tuple[str, str]) -> None:
    first, second = [await played(httpx.ASGITransport(app), organizer) for _ in range(2)]
    assert first.meeting != second.meeting
    assert _made(first) == _made(second)


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(app: FastAPI, organizer: tuple[str, str], lie: lies.Lie) -> None:
    outcome = await played(lies.Liar(httpx.ASGITransport(app), lie), organizer)
    assert any(LIES[lie] in sentence for sentence in outcome.ledger.differences), outcome.ledger.differences


async def test_a_client_that_may_not_is_told(app: FastAPI) -> None:
    with pytest.raises(SimulationError, match="No token: 401"):
        await played(httpx.ASGITransport(app), ("01a20cae-3b7c-7752-8ae9-897b44e2459f", "wrong"))


def _made(outcome: Outcome) -> list[tuple[str, int, str, str | None, bool]]:
    """What is the same each time a seed is played: all but ids, badges and instants."""
    scans = outcome.ledger.scans.values()
    made = [(scan.device, scan.sequence, scan.direction, scan.session, scan.was_online) for scan in scans]
    return sorted(made, key=lambda one: one[:2])
