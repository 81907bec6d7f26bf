"""Differences that the ledger finds in the results of scans."""

from datetime import UTC, datetime, timedelta

import pytest

from app.simulation.ledger import Badge, Ledger, RecordedScan

SCANNED_AT = datetime(2026, 12, 7, 9, tzinfo=UTC)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(badges={"badge": Badge("ani"), "another": Badge("budi")})
    for id_, badge in (("one", "badge"), ("two", "badge"), ("three", "another"), ("four", "no badge")):
        ledger.add_scan(RecordedScan(id_, badge, "in", None, SCANNED_AT, 1, "gate-1", 0, SCANNED_AT, was_online=True))
    return ledger


def record_result(
    ledger: Ledger, id_: str, status: int, outcome: str, *, unsure: bool = False, offset_ms: int = 0
) -> None:
    ledger.record_result(
        ledger.scans[id_], status, outcome, SCANNED_AT + timedelta(milliseconds=offset_ms), is_ambiguous=unsure
    )


def test_same_outcome_when_repeated_is_no_difference(ledger: Ledger) -> None:
    record_result(ledger, "one", 201, "first_entry")
    record_result(ledger, "one", 200, "first_entry")
    record_result(ledger, "two", 201, "already_entered")
    record_result(ledger, "three", 201, "first_entry")
    assert ledger.differences == []


def test_ambiguous_scan_may_have_been_stored_before(ledger: Ledger) -> None:
    record_result(ledger, "one", 200, "first_entry", unsure=True)
    ledger.scans["two"].is_ambiguous = True
    record_result(ledger, "two", 200, "already_entered")
    assert ledger.differences == []
    record_result(ledger, "three", 200, "first_entry")
    assert len(ledger.differences) == 1


@pytest.mark.parametrize(("status", "outcome"), [(201, "first_entry"), (200, "already_entered")])
def test_other_result_when_repeated_is_a_difference(ledger: Ledger, status: int, outcome: str) -> None:
    record_result(ledger, "one", 201, "first_entry")
    record_result(ledger, "one", status, outcome)
    assert len(ledger.differences) == 1


def test_second_first_entry_of_participant_is_a_difference(ledger: Ledger) -> None:
    record_result(ledger, "one", 201, "first_entry")
    record_result(ledger, "two", 201, "first_entry")
    assert ledger.differences == ["Participant ani has two scans reported as first_entry: one and two."]


def test_first_entry_of_unknown_badge_is_a_difference(ledger: Ledger) -> None:
    record_result(ledger, "four", 201, "first_entry")
    assert len(ledger.differences) == 1


def test_clock_offset_is_the_least_of_all_results(ledger: Ledger) -> None:
    for offset_ms in (30, 10, 20):
        record_result(ledger, "one", 201, "first_entry", offset_ms=offset_ms)
    assert ledger.clock_offsets == {("gate-1", 0): timedelta(milliseconds=10)}
    assert ledger.last_clock_offsets == {("gate-1", 0): timedelta(milliseconds=20)}
