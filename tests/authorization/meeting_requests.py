"""Valid requests about participants, badges, check-ins and rolls of open and restricted meetings."""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.authorization import dataset
from tests.authorization.dataset import MEETINGS, MISSING_ID, PARTICIPANTS, PLENARIES
from tests.authorization.request_case import RequestCase
from tests.writes.write_client import MERGE_PATCH_TYPE

FILE_MEDIA_TYPES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/pdf",
)
# (owner, meeting, participant, scan, correction). "missing in own" has those of another meeting.
MEETING_ITEMS = (
    *(
        (owner, code, PARTICIPANTS[code], dataset.SCANS[code], dataset.CORRECTIONS[code])
        for (owner, _), code in MEETINGS.items()
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
OPEN_ROLL_STATUS = 409
"""The status of corrections for a caller who may write them, because the rolls are open."""
SUBMISSION = {"device_id": "gate-1", "device_sent_at": "2030-03-10T09:00:00+07:00"}


def build_scan(code: str) -> dict[str, Any]:
    """Build a scan of a text that is no badge."""
    return {
        "scan_id": dataset.SENT_SCANS.get(code, MISSING_ID),
        "badge": "no badge",
        "scanned_at": "2030-03-10T08:59:00+07:00",
    }


def list_check_in_requests() -> Iterator[RequestCase]:
    """Yield single check-ins. They were stored before, so that repeating them adds nothing."""
    for owner, code in (*((owner, code) for (owner, _), code in MEETINGS.items()), ("missing", "no-such")):
        yield RequestCase(
            "check_in", "POST", owner, f"/v1/meetings/{code}/check-ins", {**SUBMISSION, **build_scan(code)}
        )


def _list_write_requests() -> Iterator[RequestCase]:
    for owner, code, participant, scan, correction in MEETING_ITEMS:
        path = f"/v1/meetings/{code}"
        participant_path = f"{path}/participants/{participant}"
        yield RequestCase(
            "update_participant",
            "PATCH",
            owner,
            participant_path + DRY_RUN,
            {"note": "Lain"},
            media_type=MERGE_PATCH_TYPE,
        )
        yield RequestCase("delete_participant", "DELETE", owner, participant_path + DRY_RUN, success_status=204)
        yield RequestCase("reissue_badge", "POST", owner, f"{participant_path}/badge{DRY_RUN}")
        attendance = {"status": "excused", "reason": "surat izin"}
        target = f"{path}/attendance/{participant}{DRY_RUN}"
        yield RequestCase("update_attendance", "PATCH", owner, target, attendance, media_type=MERGE_PATCH_TYPE)
        yield RequestCase(
            "annul_check_in", "POST", owner, f"{path}/check-ins/{scan}:annul{DRY_RUN}", {"reason": "dipinjamkan"}
        )
        confirm = f"{path}/corrections/{correction}:confirm{DRY_RUN}"
        yield RequestCase("confirm_correction", "POST", owner, confirm, success_status=OPEN_ROLL_STATUS)
        if owner == "missing in own":  # the following requests concern a whole meeting
            continue
        yield RequestCase("create_participant", "POST", owner, f"{path}/participants{DRY_RUN}", NEW_PARTICIPANT)
        yield RequestCase(
            "import_rows",
            "POST",
            owner,
            f"/v1/imports?resource=participants&dry_run=true&meeting={code}",
            orjson.dumps(NEW_PARTICIPANT),
            media_type="application/x-ndjson",
        )
        yield RequestCase(
            "create_participants",
            "POST",
            owner,
            f"{path}/participants:batch{DRY_RUN}",
            {"participants": [NEW_PARTICIPANT]},
        )
        yield RequestCase(
            "create_participants_in_office",
            "POST",
            owner,
            f"{path}/participants:in-office{DRY_RUN}",
            {"organizations": ["kpu-31"]},
        )
        yield RequestCase(
            "create_correction",
            "POST",
            owner,
            f"{path}/corrections{DRY_RUN}",
            {"kind": "reopen", "reason": "keliru"},
            success_status=OPEN_ROLL_STATUS,
        )
        yield RequestCase("close_roll", "POST", owner, f"{path}:close-roll{DRY_RUN}", {"reason": "rapat selesai"})
        device = f"{path}/devices/{'gate-9' if owner != 'missing' else 'no-such'}"
        yield RequestCase("reset_device", "POST", owner, f"{device}:reset{DRY_RUN}", {"reason": "diganti"})
        batch = {**SUBMISSION, "clock_epoch": 0, "scans": [build_scan(code)]}
        yield RequestCase("check_in_batch", "POST", owner, f"{path}/check-ins:batch", batch, success_status=207)
    yield from list_check_in_requests()


def _list_restricted_read_requests() -> Iterator[RequestCase]:
    def case(operation: str, target: str, accept: str = "*/*") -> RequestCase:
        return RequestCase(operation, "GET", owner, target, accept=accept)

    for owner, code, participant, _, _ in MEETING_ITEMS:
        path = f"/v1/meetings/{code}"
        yield case("get_participant", f"{path}/participants/{participant}")
        yield case("list_participant_revisions", f"{path}/participants/{participant}/revisions")
        yield case("get_attendance", f"{path}/attendance/{participant}")
        for media_type in ("application/json", "image/svg+xml", "image/png"):
            yield case("get_badge", f"{path}/participants/{participant}/badge", media_type)
        if owner == "missing in own":
            continue
        for query in ("", "?q=rahasia", "?fields=id"):
            yield case("list_participants", f"{path}/participants{query}")
        yield from (case("list_badges", f"{path}/badges", accept) for accept in ("application/json", "application/pdf"))
        yield case("list_check_ins", f"{path}/check-ins")
        yield case("list_corrections", f"{path}/corrections")
        yield case("list_devices", f"{path}/devices")
        yield from (case("get_gate_pack", f"{path}/gate-pack{query}") for query in ("", "?names=true"))


def _list_public_read_requests() -> Iterator[RequestCase]:
    for owner, code, *_ in MEETING_ITEMS:
        if owner != "missing in own":
            yield RequestCase("get_badge_key", "GET", owner, f"/v1/meetings/{code}/badge-key")
            yield RequestCase("stream_attendance_summary", "GET", owner, f"/v1/meetings/{code}/attendance/live")
    for owner, code in PLENARIES.items():
        yield RequestCase("get_quorum", "GET", owner, f"/v1/meetings/{code}/quorum")
    for code in ("own-open", "no-such"):  # a meeting that is no plenary has no quorum
        yield RequestCase("get_quorum", "GET", "missing", f"/v1/meetings/{code}/quorum")
    for owner, digest in dataset.DIGESTS.items():
        yield RequestCase("get_roll_digest", "GET", owner, f"/v1/rolls/{digest}")
    yield RequestCase("get_roll_digest", "GET", "missing", f"/v1/rolls/{'f' * 64}")


def _list_file_requests() -> Iterator[RequestCase]:
    for (owner, roll), code in MEETINGS.items():
        for accept in FILE_MEDIA_TYPES:
            target = f"/v1/meetings/{code}/attendance"
            yield RequestCase(
                "list_attendance", "GET", owner, target, reads_restricted_roll=roll == "restricted", accept=accept
            )


MEETING_REQUESTS = [
    *_list_write_requests(),
    *_list_restricted_read_requests(),
    *_list_public_read_requests(),
    *_list_file_requests(),
]
