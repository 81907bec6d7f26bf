"""The plan of a simulated meeting."""

from collections import Counter

from app.simulation.plan import BREAK_AT, CLASSES, build_plan

PLAN = build_plan(7, 600, 10, 0.1)


def test_same_seed_gives_same_plan() -> None:
    assert build_plan(7, 600, 10, 0.1) == PLAN
    assert build_plan(8, 600, 10, 0.1) != PLAN


def test_plan_contains_every_kind_of_scan() -> None:
    assert {scan.badge_kind for scan in PLAN.scans} == {"current", "former", "random", "tampered", "foreign"}
    assert {scan.direction for scan in PLAN.scans} == {"in", "out"}
    assert {scan.session for scan in PLAN.scans} == {None, "opening", *CLASSES}
    assert {scan.gate for scan in PLAN.scans} == set(range(10))
    assignments = {person.number: person.session for person in PLAN.people}
    assert any(scan.session in CLASSES and scan.session != assignments[scan.person] for scan in PLAN.scans)
    assert set(assignments) - {scan.person for scan in PLAN.scans if scan.badge_kind == "current"}


def test_simultaneous_scans_are_of_one_person_at_two_gates() -> None:
    scans_by_group: dict[int, list[tuple[float, int]]] = {}
    gates = Counter((scan.simultaneous_group, scan.gate) for scan in PLAN.scans if scan.simultaneous_group is not None)
    for scan in PLAN.scans:
        if scan.simultaneous_group is not None:
            scans_by_group.setdefault(scan.simultaneous_group, []).append((scan.time, scan.person))
    assert scans_by_group
    assert all(len(group) == 2 and group[0] == group[1] for group in scans_by_group.values())
    assert set(gates.values()) == {1}


def test_former_badges_are_scanned_after_the_break() -> None:
    former = [scan for scan in PLAN.scans if scan.badge_kind == "former"]
    assert {scan.person for scan in former} == set(PLAN.reissued)
    assert all(scan.time > BREAK_AT for scan in former)


def test_single_gate_has_no_simultaneous_scans() -> None:
    assert {scan.simultaneous_group for scan in build_plan(7, 100, 1, 0).scans} == {None}


def test_repeated_share_of_scans_is_repeated() -> None:
    assert 0.05 < sum(scan.is_repeated for scan in PLAN.scans) / len(PLAN.scans) < 0.15
    assert not any(scan.is_repeated for scan in build_plan(7, 600, 10, 0).scans)
