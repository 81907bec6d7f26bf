"""Rolls that follow from single scans. Times are minutes after nine o'clock."""

from datetime import UTC, datetime, timedelta

from app.simulation.ledger import Badge, Ledger, RecordedScan
from app.simulation.rules import NOT_ARRIVED, ExpectedLine, derive_expected_roll

START = datetime(2026, 12, 7, 9, tzinfo=UTC)
ANI, BUDI = "ani", "budi"


def after_start(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def build_ledger() -> Ledger:
    """Build a ledger: Ani is assigned to class-1, Budi to no class; the opening is at 9:10, the classes at 9:30."""
    ledger = Ledger()
    ledger.assignments = {ANI: ["class-1"], BUDI: []}
    ledger.badges = {"badge of ani": Badge(ANI), "badge of budi": Badge(BUDI)}
    ledger.parallel_groups = {"opening": None, "class-1": "classes", "class-2": "classes", "closing": None}
    ledger.session_starts = {
        "opening": after_start(10),
        "class-1": after_start(30),
        "class-2": after_start(30),
        "closing": None,
    }
    ledger.clock_offsets = {("gate-1", 0): timedelta(0)}
    return ledger


def add_scan(
    ledger: Ledger,
    minutes: float,
    badge: str = "badge of ani",
    *,
    direction: str = "in",
    session: str | None = None,
    device: str = "gate-1",
    epoch: int = 0,
) -> str:
    """Add a scan at this minute of the device's clock and return its id."""
    scan_id = f"scan-{len(ledger.scans)}"
    when = after_start(minutes)
    ledger.add_scan(
        RecordedScan(scan_id, badge, direction, session, when, len(ledger.scans), device, epoch, when, was_online=True)
    )
    ledger.scans[scan_id].reported_outcome = "already_entered"
    return scan_id


def test_earliest_entry_is_first_entry_in_any_order() -> None:
    ledger = build_ledger()
    later, earlier = add_scan(ledger, 7), add_scan(ledger, 5)
    expected_roll = derive_expected_roll(ledger, {})
    assert expected_roll.outcomes == {later: "already_entered", earlier: "first_entry"}
    assert expected_roll.lines == {
        ANI: ExpectedLine("present", late=False, arrived_at=after_start(5), left_at=None),
        BUDI: NOT_ARRIVED,
    }


def test_lower_id_is_first_entry_at_equal_times() -> None:
    ledger = build_ledger()
    first, second = add_scan(ledger, 5), add_scan(ledger, 5)
    ledger.scans = {second: ledger.scans[second], first: ledger.scans[first]}
    assert derive_expected_roll(ledger, {}).outcomes == {second: "already_entered", first: "first_entry"}


def test_clock_offset_is_applied_per_epoch() -> None:
    ledger = build_ledger()
    ledger.clock_offsets |= {("gate-2", 0): timedelta(minutes=-60), ("gate-2", 1): timedelta(minutes=60)}
    ahead, behind = add_scan(ledger, 68, device="gate-2"), add_scan(ledger, -53, device="gate-2", epoch=1)
    right = add_scan(ledger, 7.5)
    expected_roll = derive_expected_roll(ledger, {})
    assert expected_roll.outcomes == {ahead: "already_entered", behind: "first_entry", right: "already_entered"}
    assert expected_roll.lines[ANI].arrived_at == after_start(7)


def test_unacknowledged_scan_is_ignored() -> None:
    ledger = build_ledger()
    ledger.scans[add_scan(ledger, 5)].reported_outcome = None
    assert derive_expected_roll(ledger, {}) == ({}, {ANI: NOT_ARRIVED, BUDI: NOT_ARRIVED}, set())


def test_text_that_is_no_badge_is_badge_unknown() -> None:
    ledger = build_ledger()
    strange = add_scan(ledger, 5, "https://example.org")
    assert derive_expected_roll(ledger, {}).outcomes == {strange: "badge_unknown"}


def test_badge_is_valid_until_revoked() -> None:
    ledger = build_ledger()
    ledger.badges["badge of ani"] = Badge(ANI, after_start(20), after_start(21))
    before, after, at_once = add_scan(ledger, 19), add_scan(ledger, 22), add_scan(ledger, 21)
    expected_roll = derive_expected_roll(ledger, {})
    assert expected_roll.outcomes == {before: "first_entry", after: "badge_revoked", at_once: "badge_revoked"}
    assert (expected_roll.lines[ANI].status, expected_roll.undecided) == ("present", set())


def test_scan_during_revocation_takes_outcome_of_service() -> None:
    ledger = build_ledger()
    ledger.badges["badge of ani"] = Badge(ANI, after_start(20), after_start(21))
    good, revoked = add_scan(ledger, 20.2), add_scan(ledger, 20.8)
    expected_roll = derive_expected_roll(ledger, {good: "first_entry", revoked: "badge_revoked"})
    assert expected_roll.outcomes == {good: "first_entry", revoked: "badge_revoked"}
    assert expected_roll.undecided == {good, revoked}


def test_participant_of_one_class_is_not_invited_to_parallel_class() -> None:
    ledger = build_ledger()
    wrong, right = add_scan(ledger, 31, session="class-2"), add_scan(ledger, 32, session="class-1")
    anywhere = add_scan(ledger, 33, "badge of budi", session="class-2")
    expected_roll = derive_expected_roll(ledger, {})
    assert expected_roll.outcomes == {wrong: "not_invited", right: "first_entry", anywhere: "first_entry"}
    assert expected_roll.lines[ANI].arrived_at == after_start(32)


def test_last_exit_is_left_at() -> None:
    ledger = build_ledger()
    add_scan(ledger, 5)
    gone = add_scan(ledger, 40, direction="out")
    expected_roll = derive_expected_roll(ledger, {})
    assert (expected_roll.outcomes[gone], expected_roll.lines[ANI].left_at) == ("exit", after_start(40))
    add_scan(ledger, 50)
    assert derive_expected_roll(ledger, {}).lines[ANI].left_at is None


def test_exit_without_entry_is_no_arrival() -> None:
    ledger = build_ledger()
    add_scan(ledger, 40, direction="out")
    assert derive_expected_roll(ledger, {}).lines[ANI] == NOT_ARRIVED


def test_lateness_counts_from_opening_or_session_of_gate() -> None:
    for minutes, session, late in (
        (10, None, False),
        (10.1, None, True),
        (29, "class-1", False),
        (31, "class-1", True),
    ):
        ledger = build_ledger()
        add_scan(ledger, minutes, session=session)
        assert derive_expected_roll(ledger, {}).lines[ANI].late is late, (minutes, session)


def test_session_without_start_does_not_decide_lateness() -> None:
    ledger = build_ledger()
    add_scan(ledger, 11, session="closing")
    assert derive_expected_roll(ledger, {}).lines[ANI].late


def test_unassigned_class_does_not_decide_lateness() -> None:
    ledger = build_ledger()
    ledger.session_starts["opening"] = None
    add_scan(ledger, 31)
    add_scan(ledger, 31, "badge of budi")
    lines = derive_expected_roll(ledger, {}).lines
    assert (lines[ANI].late, lines[BUDI].late) == (True, False)
