"""A small meeting simulated against the application, and against one with faults, which must be found."""

import httpx
import pytest
from fastapi import FastAPI

from app.simulation.http_client import SimulationError
from app.simulation.runner import SimulationResult, run_simulation
from tests.simulation import faults
from tests.simulation.conftest import SMALL

EXPECTED_DIFFERENCES: dict[faults.Fault, str] = {
    faults.lose_a_scan: "was acknowledged but is not listed",
    faults.report_two_first_entries: "two scans reported as first_entry",
    faults.change_repeated_outcome: "and, when repeated, as 200",
    faults.report_repetition_as_stored: "when repeated, as 201",
    faults.list_a_scan_twice: "is listed 2 times",
    faults.list_an_unknown_scan: "no gate made it",
    faults.list_a_wrong_outcome: "outcome is not_invited, but should be",
    faults.omit_a_participant: "is on the roll 0 times",
    faults.invert_lateness: "late is ",
    faults.change_arrival: "arrived_at is 2026-01-01",
    faults.miscount_summary: "The summary: present is ",
    faults.raise_clock_offset: "The clock offset of gate-",
}


async def simulate(transport: httpx.AsyncBaseTransport, organizer: tuple[str, str]) -> SimulationResult:
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await run_simulation(http, organizer, SMALL, lambda _done, _total: None)


async def test_roll_of_correct_service_matches_ledger(app: FastAPI, organizer: tuple[str, str]) -> None:
    result = await simulate(httpx.ASGITransport(app), organizer)
    assert result.ledger.differences == []
    assert {scan.was_online for scan in result.ledger.scans.values()} == {True, False}
    assert {scan.epoch for scan in result.ledger.scans.values()} == {0, 1}
    assert set(result.outcome_counts) >= {"first_entry", "already_entered", "exit", "badge_revoked", "badge_unknown"}
    assert result.ledger.counters["replays"] > 0
    assert set(result.statistics.statuses) == {"200", "201", "204", "207"}


async def test_same_seed_gives_same_scans(app: FastAPI, organizer: tuple[str, str]) -> None:
    first, second = [await simulate(httpx.ASGITransport(app), organizer) for _ in range(2)]
    assert first.meeting != second.meeting
    assert _list_reproducible_members(first) == _list_reproducible_members(second)


@pytest.mark.parametrize("fault", EXPECTED_DIFFERENCES)
async def test_fault_of_service_is_reported_as_difference(
    app: FastAPI, organizer: tuple[str, str], fault: faults.Fault
) -> None:
    result = await simulate(faults.FaultyTransport(httpx.ASGITransport(app), fault), organizer)
    assert any(EXPECTED_DIFFERENCES[fault] in sentence for sentence in result.ledger.differences), (
        result.ledger.differences
    )


async def test_unknown_client_raises_simulation_error(app: FastAPI) -> None:
    with pytest.raises(SimulationError, match="issued no access token: 401"):
        await simulate(httpx.ASGITransport(app), ("01a20cae-3b7c-7752-8ae9-897b44e2459f", "wrong"))


def _list_reproducible_members(result: SimulationResult) -> list[tuple[str, int, str, str | None, bool]]:
    """List the members of scans that are the same for each run of a seed: all but ids, badges and times."""
    scans = result.ledger.scans.values()
    members = [(scan.device, scan.sequence, scan.direction, scan.session, scan.was_online) for scan in scans]
    return sorted(members, key=lambda row: row[:2])
