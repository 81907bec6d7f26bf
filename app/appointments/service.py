"""Succession in an office: one appointment ends and the next begins, within the transaction of a write request."""

from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from app.appointments import payloads, repository
from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.validation import validate_document
from app.core.languages import Text
from app.core.problems import Conflict, ErrorDetail, InvalidContent
from app.writes import changes, ownership, rows
from app.writes.conflicts import AttemptedWrite
from app.writes.idempotency import StoredResponse
from app.writes.request import WriteRequest, WriteResult

RESOURCE = repository.APPOINTMENT
UNKNOWN_APPOINTMENT = ErrorDetail(
    "unknown_id",
    Text("Tidak ada penugasan dengan id ini.", "There is no appointment with this id."),
    pointer="/ends",
)
ALREADY_ENDED = Text("Penugasan ini sudah berakhir.", "This appointment has already ended.")


async def succeed_appointment(
    transaction: Transaction, write_request: WriteRequest, payload: payloads.SuccessionPayload
) -> WriteResult:
    """Lock and end an appointment, create the next one in its office, and build the response 201 with both documents.

    Raises:
        InvalidContent: The appointment does not exist, or the next one is invalid.
        OutsideOrganization: The caller may not write the appointment.
        Conflict: The appointment has already ended.
    """
    ended_keys = {"id": payload.ends}
    locked = await rows.lock_row(transaction, RESOURCE, ended_keys)
    if locked is None:
        raise InvalidContent(UNKNOWN_APPOINTMENT)
    await ownership.ensure_object_inside(transaction, write_request.caller, RESOURCE, ended_keys)
    ended_address = RESOURCE.format_address(ended_keys)
    if locked.members["end_on"] is not None:
        raise Conflict(ErrorDetail("already_ended", ALREADY_ENDED, pointer="/ends", address=ended_address))
    patch = {name: value for name, value in payload.model_dump().items() if name in ("end_on", "end_reason")}
    await changes.apply_patch(transaction, write_request, RESOURCE, payloads.AppointmentPatch(**patch), ended_keys)
    successor_id: UUID = uuid7()
    own_addresses = [ended_address] if _begins_after_end(payload) else []
    write_request.attempted_write = AttemptedWrite({}, own_addresses=own_addresses)
    successor = _build_successor(payload, locked)
    await changes.insert_object(transaction, write_request, RESOURCE, successor, {"id": successor_id})
    ended = await changes.get_document(transaction, write_request, RESOURCE, ended_keys)
    begun = await changes.get_document(transaction, write_request, RESOURCE, {"id": successor_id})
    body = b'{"ended":%b,"begun":%b}' % (ended.body, begun.body)
    headers = {
        "Location": RESOURCE.format_address({"id": successor_id}),
        "ETag": conditional.entity_tag(begun.body, begun.revision),
    }
    audit_keys = [f"appointments/{payload.ends}", f"appointments/{successor_id}"]
    return WriteResult(StoredResponse(201, headers, body), audit_keys)


def _begins_after_end(payload: payloads.SuccessionPayload) -> bool:
    """Return whether the successor begins when the ended appointment has certainly ended, so that both cannot conflict.

    Compares the last day that a partial `start_on` covers with the first day that `end_on` covers.
    """
    start_on = payload.begins.start_on
    return start_on is None or f"{start_on}-99-99"[:10] >= f"{payload.end_on}-01-01"[:10]


def _build_successor(payload: payloads.SuccessionPayload, ended: rows.LockedRow) -> payloads.AppointmentPayload:
    """Build the body of the successor's appointment, in the office and organization of the one that ends."""
    begins = orjson.loads(payload.begins.model_dump_json())
    return validate_document(
        payloads.AppointmentPayload,
        {
            **begins,
            "organization": ended.members["organization"],
            "office": ended.members["office"],
            "start_on": begins["start_on"] or payload.end_on,
            "legal_basis": payload.legal_basis,
        },
    )
