"""What a roll must be, by scans that are made by hand. Instants are minutes after nine."""

from datetime import UTC, datetime, timedelta

from app.simulation.ledger import Badge, Ledger, Scan
from app.simulation.rules import ABSENT, Line, derive

NINE = datetime(2026, 12, 7, 9, tzinfo=UTC)
ANI, BUDI = "ani", "budi"


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def ledger() -> Ledger:
    """Ani sits in class-1 and Budi in no class; the opening is at ten past, the classes are at thirty past."""
    book = Ledger()
    book.seats = {ANI: ["class-1"], BUDI: []}
    book.badges = {"badge of ani": Badge(ANI), "badge of budi": Badge(BUDI)}
    book.groups = {"opening": None, "class-1": "classes", "class-2": "classes", "closing": None}
    book.starts = {"opening": at(10), "class-1": at(30), "class-2": at(30), "closing": None}
    book.shifts = {("gate-1", 0): timedelta(0)}
    return book


def seen(
    book: Ledger,
    minutes: float,
    badge: str = "badge of ani",
    *,
    direction: str = "in",
    session: str | None = None,
    device: str = "gate-1",
    epoch: int = 0,
) -> str:
    """The id of another scan, at this minute of the device's clock."""
    id_ = f"scan-{len(book.scans)}"
    when = at(minutes)
    book.made(Scan(id_, badge, direction, session, when, len(book.scans), device, epoch, when, was_online=True))
    book.scans[id_].told = "already_entered"
    return id_


def test_the_earliest_entry_is_the_first_whatever_the_order() -> None:
    book = ledger()
    later, earlier = seen(book, 7), seen(book, 5)
    verdicts = derive(book, {})
    assert verdicts.outcomes == {later: "already_entered", earlier: "first_entry"}
    assert verdicts.lines == {ANI: Line("present", late=False, arrived_at=at(5), left_at=None), BUDI: ABSENT}


def test_of_two_at_one_instant_the_lesser_id_is_the_first() -> None:
    book = ledger()
    first, second = seen(book, 5), seen(book, 5)
    book.scans = {second: book.scans[second], first: book.scans[first]}
    assert derive(book, {}).outcomes == {second: "already_entered", first: "first_entry"}


def test_a_clock_that_is_wrong_is_put_right_epoch_by_epoch() -> None:
    book = ledger()
    book.shifts |= {("gate-2", 0): timedelta(minutes=-60), ("gate-2", 1): timedelta(minutes=60)}
    ahead, behind = seen(book, 68, device="gate-2"), seen(book, -53, device="gate-2", epoch=1)
    right = seen(book, 7.5)
    verdicts = derive(book, {})
    assert verdicts.outcomes == {ahead: "already_entered", behind: "first_entry", right: "already_entered"}
    assert verdicts.lines[ANI].arrived_at == at(7)


def test_what_was_never_acknowledged_counts_for_nothing() -> None:
    book = ledger()
    book.scans[seen(book, 5)].told = None
    assert derive(book, {}) == ({}, {ANI: ABSENT, BUDI: ABSENT}, set())


def test_what_is_no_badge_is_unknown() -> None:
    book = ledger()
    strange = seen(book, 5, "https://example.org")
    assert derive(book, {}).outcomes == {strange: "badge_unknown"}


def test_a_badge_is_good_until_it_is_revoked() -> None:
    book = ledger()
    book.badges["badge of ani"] = Badge(ANI, at(20), at(21))
    before, after, at_once = seen(book, 19), seen(book, 22), seen(book, 21)
    verdicts = derive(book, {})
    assert verdicts.outcomes == {before: "first_entry", after: "badge_revoked", at_once: "badge_revoked"}
    assert (verdicts.lines[ANI].status, verdicts.undecided) == ("present", set())


def test_within_the_instant_of_a_revocation_the_service_decides() -> None:
    book = ledger()
    book.badges["badge of ani"] = Badge(ANI, at(20), at(21))
    good, revoked = seen(book, 20.2), seen(book, 20.8)
    verdicts = derive(book, {good: "first_entry", revoked: "badge_revoked"})
    assert verdicts.outcomes == {good: "first_entry", revoked: "badge_revoked"}
    assert verdicts.undecided == {good, revoked}


def test_who_sits_in_one_class_is_not_invited_to_the_other() -> None:
    book = ledger()
    wrong, right = seen(book, 31, session="class-2"), seen(book, 32, session="class-1")
    anywhere = seen(book, 33, "badge of budi", session="class-2")
    verdicts = derive(book, {})
    assert verdicts.outcomes == {wrong: "not_invited", right: "first_entry", anywhere: "first_entry"}
    assert verdicts.lines[ANI].arrived_at == at(32)


def test_who_was_last_seen_going_out_has_left() -> None:
    book = ledger()
    seen(book, 5)
    gone = seen(book, 40, direction="out")
    verdicts = derive(book, {})
    assert (verdicts.outcomes[gone], verdicts.lines[ANI].left_at) == ("exit", at(40))
    seen(book, 50)
    assert derive(book, {}).lines[ANI].left_at is None


def test_who_was_only_seen_going_out_has_not_come() -> None:
    book = ledger()
    seen(book, 40, direction="out")
    assert derive(book, {}).lines[ANI] == ABSENT


def test_late_is_who_comes_after_the_opening_or_after_the_session_of_the_gate() -> None:
    for minutes, session, late in (
        (10, None, False),
        (10.1, None, True),
        (29, "class-1", False),
        (31, "class-1", True),
    ):
        book = ledger()
        seen(book, minutes, session=session)
        assert derive(book, {}).lines[ANI].late is late, (minutes, session)


def test_a_session_without_an_hour_leaves_it_to_the_others() -> None:
    book = ledger()
    seen(book, 11, session="closing")
    assert derive(book, {}).lines[ANI].late


def test_a_class_of_others_makes_nobody_late() -> None:
    book = ledger()
    book.starts["opening"] = None
    seen(book, 31)
    seen(book, 31, "badge of budi")
    lines = derive(book, {}).lines
    assert (lines[ANI].late, lines[BUDI].late) == (True, False)
