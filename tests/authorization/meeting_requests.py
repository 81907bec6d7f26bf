"""Good requests to what there is of a list, its badges, gates and roll: of open meetings and restricted ones."""

from collections.abc import Iterator
from typing import Any

from tests.authorization import dataset
from tests.authorization.dataset import MEETINGS, MISSING_ID, PARTICIPANTS, PLENARIES
from tests.authorization.request_case import RequestCase
from tests.writes.calls import MERGE_PATCH

FILE_MEDIA_TYPES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
)
# Whose meeting it is, its code, a participant, a scan and a correction of it. One has another's of each; one is none.
MEETING_ITEMS = (
    *(
        (whose, code, PARTICIPANTS[code], dataset.SCANS[code], dataset.CORRECTIONS[code])
        for (whose, _), code in MEETINGS.items()
    ),
    (
        "missing in own",
        "own-open",
        PARTICIPANTS["other-open"],
        dataset.SCANS["other-open"],
        dataset.CORRECTIONS["other-open"],
    ),
    ("missing", "no-such", PARTICIPANTS["own-open"], dataset.SCANS["own-open"], dataset.CORRECTIONS["own-open"]),
)
NEW_PARTICIPANT: dict[str, Any] = {"name": "Siti Contoh", "organization": "kpu-32"}
DRY_RUN = "?dry_run=true"
SUBMISSION = {"device_id": "gate-1", "device_sent_at": "2030-03-10T09:00:00+07:00"}


def build_scan(code: str) -> dict[str, Any]:
    """What the gates of the matrix have seen: in each meeting the same text, which is no badge of any."""
    return {
        "scan_id": dataset.SENT_SCANS.get(code, MISSING_ID),
        "badge": "no badge",
        "scanned_at": "2030-03-10T08:59:00+07:00",
    }


def list_check_in_requests() -> Iterator[RequestCase]:
    """Sent by themselves, which they have been before: so each is stored, and none for the first time."""
    for whose, code in (*((whose, code) for (whose, _), code in MEETINGS.items()), ("missing", "no-such")):
        yield RequestCase(
            "check_in", "POST", whose, f"/v1/meetings/{code}/check-ins", {**SUBMISSION, **build_scan(code)}
        )


def _list_write_requests() -> Iterator[RequestCase]:
    for whose, code, one, seen, asked in MEETING_ITEMS:
        at = f"/v1/meetings/{code}"
        of_one = f"{at}/participants/{one}"
        yield RequestCase(
            "update_participant", "PATCH", whose, of_one + DRY_RUN, {"note": "Lain"}, media_type=MERGE_PATCH
        )
        yield RequestCase("delete_participant", "DELETE", whose, of_one + DRY_RUN, success_status=204)
        yield RequestCase("reissue_badge", "POST", whose, f"{of_one}/badge{DRY_RUN}")
        by_hand = {"status": "excused", "reason": "surat izin"}
        target = f"{at}/attendance/{one}{DRY_RUN}"
        yield RequestCase("update_attendance", "PATCH", whose, target, by_hand, media_type=MERGE_PATCH)
        yield RequestCase(
            "annul_check_in", "POST", whose, f"{at}/check-ins/{seen}:annul{DRY_RUN}", {"reason": "dipinjamkan"}
        )
        yield RequestCase("confirm_correction", "POST", whose, f"{at}/corrections/{asked}:confirm{DRY_RUN}")
        if whose == "missing in own":  # of a meeting as a whole there is nothing to be missing in it
            continue
        yield RequestCase("create_participant", "POST", whose, f"{at}/participants{DRY_RUN}", NEW_PARTICIPANT)
        yield RequestCase(
            "create_participants",
            "POST",
            whose,
            f"{at}/participants:batch{DRY_RUN}",
            {"participants": [NEW_PARTICIPANT]},
        )
        yield RequestCase(
            "create_participants_in_office",
            "POST",
            whose,
            f"{at}/participants:in-office{DRY_RUN}",
            {"organizations": ["kpu-31"]},
        )
        yield RequestCase("close_roll", "POST", whose, f"{at}:close-roll{DRY_RUN}", {"reason": "rapat selesai"})
        batch = {**SUBMISSION, "clock_epoch": 0, "scans": [build_scan(code)]}
        yield RequestCase("check_in_batch", "POST", whose, f"{at}/check-ins:batch", batch, success_status=207)
    yield from list_check_in_requests()


def _list_restricted_read_requests() -> Iterator[RequestCase]:
    def ask(operation: str, target: str, accept: str = "*/*") -> RequestCase:
        return RequestCase(operation, "GET", whose, target, accept=accept)

    for whose, code, one, _, _ in MEETING_ITEMS:
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


def _list_public_read_requests() -> Iterator[RequestCase]:
    for whose, code, *_ in MEETING_ITEMS:
        if whose != "missing in own":
            yield RequestCase("get_badge_key", "GET", whose, f"/v1/meetings/{code}/badge-key")
            yield RequestCase("stream_attendance_summary", "GET", whose, f"/v1/meetings/{code}/attendance/live")
    for whose, code in PLENARIES.items():
        yield RequestCase("get_quorum", "GET", whose, f"/v1/meetings/{code}/quorum")
    for code in ("own-open", "no-such"):  # one that is no plenary has none
        yield RequestCase("get_quorum", "GET", "missing", f"/v1/meetings/{code}/quorum")
    for whose, digest in dataset.DIGESTS.items():
        yield RequestCase("get_roll_digest", "GET", whose, f"/v1/rolls/{digest}")
    yield RequestCase("get_roll_digest", "GET", "missing", f"/v1/rolls/{'f' * 64}")


def _list_file_requests() -> Iterator[RequestCase]:
    for (whose, roll), code in MEETINGS.items():
        for accept in FILE_MEDIA_TYPES:
            target = f"/v1/meetings/{code}/attendance"
            yield RequestCase(
                "list_attendance", "GET", whose, target, reads_restricted_roll=roll == "restricted", accept=accept
            )


MEETING_REQUESTS = [
    *_list_write_requests(),
    *_list_restricted_read_requests(),
    *_list_public_read_requests(),
    *_list_file_requests(),
]
