"""What a ledger makes of answers, one after the other."""

from datetime import UTC, datetime, timedelta

import pytest

from app.simulation.ledger import Badge, Ledger, Scan

NINE = datetime(2026, 12, 7, 9, tzinfo=UTC)


@pytest.fixture
def book() -> Ledger:
    book = Ledger(badges={"badge": Badge("ani"), "another": Badge("budi")})
    for id_, badge in (("one", "badge"), ("two", "badge"), ("three", "another"), ("four", "no badge")):
        book.made(Scan(id_, badge, "in", None, NINE, 1, "gate-1", 0, NINE, was_online=True))
    return book


def answer(book: Ledger, id_: str, status: int, outcome: str, *, unsure: bool = False, later: int = 0) -> None:
    book.answered(book.scans[id_], status, outcome, NINE + timedelta(milliseconds=later), unsure=unsure)


def test_the_same_answer_to_a_replay_is_right(book: Ledger) -> None:
    answer(book, "one", 201, "first_entry")
    answer(book, "one", 200, "first_entry")
    answer(book, "two", 201, "already_entered")
    answer(book, "three", 201, "first_entry")
    assert book.differences == []


def test_what_was_perhaps_stored_may_be_answered_as_stored(book: Ledger) -> None:
    answer(book, "one", 200, "first_entry", unsure=True)
    book.scans["two"].unsure = True
    answer(book, "two", 200, "already_entered")
    assert book.differences == []
    answer(book, "three", 200, "first_entry")
    assert len(book.differences) == 1


@pytest.mark.parametrize(("status", "outcome"), [(201, "first_entry"), (200, "already_entered")])
def test_another_answer_to_a_replay_is_wrong(book: Ledger, status: int, outcome: str) -> None:
    answer(book, "one", 201, "first_entry")
    answer(book, "one", status, outcome)
    assert len(book.differences) == 1


def test_nobody_enters_twice_for_the_first_time(book: Ledger) -> None:
    answer(book, "one", 201, "first_entry")
    answer(book, "two", 201, "first_entry")
    assert book.differences == ["Participant ani was told first_entry twice: one and two."]


def test_what_is_no_badge_cannot_enter(book: Ledger) -> None:
    answer(book, "four", 201, "first_entry")
    assert len(book.differences) == 1


def test_a_clock_is_read_by_its_quickest_post(book: Ledger) -> None:
    for later in (30, 10, 20):
        answer(book, "one", 201, "first_entry", later=later)
    assert book.shifts == {("gate-1", 0): timedelta(milliseconds=10)}
    assert book.last_shifts == {("gate-1", 0): timedelta(milliseconds=20)}
