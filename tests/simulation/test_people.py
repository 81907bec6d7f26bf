"""Who comes, when and to which door."""

from collections import Counter

from app.simulation.people import BREAK, CLASSES, plan

PLAN = plan(7, 600, 10, 0.1)


def test_the_same_seed_is_the_same_meeting() -> None:
    assert plan(7, 600, 10, 0.1) == PLAN
    assert plan(8, 600, 10, 0.1) != PLAN


def test_everything_that_can_happen_happens() -> None:
    assert {scan.shown for scan in PLAN.scans} == {"own", "former", "made_up", "tampered", "elsewhere"}
    assert {scan.direction for scan in PLAN.scans} == {"in", "out"}
    assert {scan.session for scan in PLAN.scans} == {None, "opening", *CLASSES}
    assert {scan.gate for scan in PLAN.scans} == set(range(10))
    seats = {person.number: person.session for person in PLAN.people}
    assert any(scan.session in CLASSES and scan.session != seats[scan.person] for scan in PLAN.scans)
    assert set(seats) - {scan.person for scan in PLAN.scans if scan.shown == "own"}


def test_two_gates_see_one_person_at_one_moment() -> None:
    pairs: dict[int, list[tuple[float, int]]] = {}
    gates = Counter((scan.together, scan.gate) for scan in PLAN.scans if scan.together is not None)
    for scan in PLAN.scans:
        if scan.together is not None:
            pairs.setdefault(scan.together, []).append((scan.at, scan.person))
    assert pairs
    assert all(len(pair) == 2 and pair[0] == pair[1] for pair in pairs.values())
    assert set(gates.values()) == {1}


def test_a_former_badge_is_shown_only_after_the_break() -> None:
    former = [scan for scan in PLAN.scans if scan.shown == "former"]
    assert {scan.person for scan in former} == set(PLAN.reissued)
    assert all(scan.at > BREAK for scan in former)


def test_one_gate_waits_for_nobody() -> None:
    assert {scan.together for scan in plan(7, 100, 1, 0).scans} == {None}


def test_a_share_is_sent_again() -> None:
    assert 0.05 < sum(scan.again for scan in PLAN.scans) / len(PLAN.scans) < 0.15
    assert not any(scan.again for scan in plan(7, 600, 10, 0).scans)
