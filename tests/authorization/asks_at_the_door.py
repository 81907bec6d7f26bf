"""Good requests to what there is of a list, its badges, gates and roll: of open meetings and restricted ones."""

from collections.abc import Iterator
from typing import Any

from tests.authorization import world
from tests.authorization.ask import Ask
from tests.authorization.world import LISTED, MEETINGS, NOWHERE, PLENARIES
from tests.writes.calls import MERGE_PATCH

FILES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
)
# Whose meeting it is, its code, a participant, a scan and a correction of it. One has another's of each; one is none.
PLACES = (
    *((whose, code, LISTED[code], world.SCANS[code], world.ASKED[code]) for (whose, _), code in MEETINGS.items()),
    ("missing in own", "own-open", LISTED["other-open"], world.SCANS["other-open"], world.ASKED["other-open"]),
    ("missing", "no-such", LISTED["own-open"], world.SCANS["own-open"], world.ASKED["own-open"]),
)
NEW: dict[str, Any] = {"name": "Siti Contoh", "organization": "kpu-32"}
DRY = "?dry_run=true"
SENT = {"device_id": "gate-1", "device_sent_at": "2030-03-10T09:00:00+07:00"}


def scan(code: str) -> dict[str, Any]:
    """What the gates of the matrix have seen: in each meeting the same text, which is no badge of any."""
    return {"scan_id": world.SEEN.get(code, NOWHERE), "badge": "no badge", "scanned_at": "2030-03-10T08:59:00+07:00"}


def check_ins() -> Iterator[Ask]:
    """Sent by themselves, which they have been before: so each is stored, and none for the first time."""
    for whose, code in (*((whose, code) for (whose, _), code in MEETINGS.items()), ("missing", "no-such")):
        yield Ask("check_in", "POST", whose, f"/v1/meetings/{code}/check-ins", {**SENT, **scan(code)})


def _written() -> Iterator[Ask]:
    for whose, code, one, seen, asked in PLACES:
        at = f"/v1/meetings/{code}"
        of_one = f"{at}/participants/{one}"
        yield Ask("update_participant", "PATCH", whose, of_one + DRY, {"note": "Lain"}, media_type=MERGE_PATCH)
        yield Ask("delete_participant", "DELETE", whose, of_one + DRY, good=204)
        yield Ask("reissue_badge", "POST", whose, f"{of_one}/badge{DRY}")
        by_hand = {"status": "excused", "reason": "surat izin"}
        target = f"{at}/attendance/{one}{DRY}"
        yield Ask("update_attendance", "PATCH", whose, target, by_hand, media_type=MERGE_PATCH)
        yield Ask("annul_check_in", "POST", whose, f"{at}/check-ins/{seen}:annul{DRY}", {"reason": "dipinjamkan"})
        yield Ask("confirm_correction", "POST", whose, f"{at}/corrections/{asked}:confirm{DRY}")
        if whose == "missing in own":  # of a meeting as a whole there is nothing to be missing in it
            continue
        yield Ask("create_participant", "POST", whose, f"{at}/participants{DRY}", NEW)
        yield Ask("create_participants", "POST", whose, f"{at}/participants:batch{DRY}", {"participants": [NEW]})
        yield Ask(
            "create_participants_in_office",
            "POST",
            whose,
            f"{at}/participants:in-office{DRY}",
            {"organizations": ["kpu-31"]},
        )
        yield Ask("close_roll", "POST", whose, f"{at}:close-roll{DRY}", {"reason": "rapat selesai"})
        batch = {**SENT, "clock_epoch": 0, "scans": [scan(code)]}
        yield Ask("check_in_batch", "POST", whose, f"{at}/check-ins:batch", batch, good=207)
    yield from check_ins()


def _closed() -> Iterator[Ask]:
    def ask(operation: str, target: str, accept: str = "*/*") -> Ask:
        return Ask(operation, "GET", whose, target, accept=accept)

    for whose, code, one, _, _ in PLACES:
        at = f"/v1/meetings/{code}"
        yield ask("get_participant", f"{at}/participants/{one}")
        yield ask("list_participant_revisions", f"{at}/participants/{one}/revisions")
        yield ask("get_attendance", f"{at}/attendance/{one}")
        for media_type in ("application/json", "image/svg+xml", "image/png"):
            yield ask("get_badge", f"{at}/participants/{one}/badge", media_type)
        if whose == "missing in own":
            continue
        for query in ("", "?q=rahasia", "?fields=id"):
            yield ask("list_participants", f"{at}/participants{query}")
        yield from (ask("list_badges", f"{at}/badges", accept) for accept in ("application/json", "application/pdf"))
        yield ask("list_check_ins", f"{at}/check-ins")
        yield ask("list_corrections", f"{at}/corrections")
        yield from (ask("get_gate_pack", f"{at}/gate-pack{query}") for query in ("", "?names=true"))


def _open() -> Iterator[Ask]:
    for whose, code, *_ in PLACES:
        if whose != "missing in own":
            yield Ask("get_badge_key", "GET", whose, f"/v1/meetings/{code}/badge-key")
            yield Ask("stream_attendance_summary", "GET", whose, f"/v1/meetings/{code}/attendance/live")
    for whose, code in PLENARIES.items():
        yield Ask("get_quorum", "GET", whose, f"/v1/meetings/{code}/quorum")
    for code in ("own-open", "no-such"):  # one that is no plenary has none
        yield Ask("get_quorum", "GET", "missing", f"/v1/meetings/{code}/quorum")
    for whose, digest in world.DIGESTS.items():
        yield Ask("get_roll_digest", "GET", whose, f"/v1/rolls/{digest}")
    yield Ask("get_roll_digest", "GET", "missing", f"/v1/rolls/{'f' * 64}")


def _files() -> Iterator[Ask]:
    for (whose, roll), code in MEETINGS.items():
        for accept in FILES:
            target = f"/v1/meetings/{code}/attendance"
            yield Ask("list_attendance", "GET", whose, target, roll=roll == "restricted", accept=accept)


AT_THE_DOOR = [*_written(), *_closed(), *_open(), *_files()]
