"""A change of office: one appointment ends, and the next begins, or neither does."""

from uuid import UUID

import orjson
from fastapi import Response
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
    "unknown_id", Text("Tidak ada penugasan ini.", "No such appointment."), pointer="/ends"
)
ALREADY_ENDED = Text("Penugasan ini sudah berakhir.", "This appointment has ended already.")


async def succeed_appointment(write: WriteRequest, asked: payloads.SuccessionPayload) -> Response:
    """End an appointment, and begin the next one in its office. Answers 201 with both documents.

    Raises InvalidContent for an appointment that is not there, OutsideOrganization for another's, Conflict for one that
    has ended.
    """

    async def work(transaction: Transaction) -> WriteResult:
        ends = {"id": asked.ends}
        held = await rows.lock_row(transaction, RESOURCE, ends)
        if held is None:
            raise InvalidContent(UNKNOWN_APPOINTMENT)
        await ownership.ensure_object_inside(transaction, write.caller, RESOURCE, ends)
        if held.members["end_on"] is not None:
            address = RESOURCE.format_address(ends)
            raise Conflict(ErrorDetail("already_ended", ALREADY_ENDED, pointer="/ends", address=address))
        ending = {name: value for name, value in asked.model_dump().items() if name in ("end_on", "end_reason")}
        await changes.apply_patch(transaction, write, RESOURCE, payloads.AppointmentPatch(**ending), ends)
        begun: UUID = uuid7()
        write.attempted_write = AttemptedWrite(
            {}, own_addresses=[RESOURCE.format_address(ends)] if _begins_after_end(asked) else []
        )
        await changes.insert_object(transaction, write, RESOURCE, _build_successor(asked, held), {"id": begun})
        documents = [
            await changes.get_document(transaction, write, RESOURCE, {"id": id_}) for id_ in (asked.ends, begun)
        ]
        body = b'{"ended":%b,"begun":%b}' % tuple(one.body for one in documents)
        headers = {
            "Location": RESOURCE.format_address({"id": begun}),
            "ETag": conditional.entity_tag(documents[1].body, documents[1].revision),
        }
        return WriteResult(StoredResponse(201, headers, body), [f"appointments/{asked.ends}", f"appointments/{begun}"])

    return await write.run_in_transaction(work, asked)


def _begins_after_end(asked: payloads.SuccessionPayload) -> bool:
    """Whether the next one begins when the other has ended for certain, so that they are not in each other's way."""
    begins = asked.begins.start_on
    return begins is None or f"{begins}-99-99"[:10] >= f"{asked.end_on}-01-01"[:10]


def _build_successor(asked: payloads.SuccessionPayload, held: rows.LockedRow) -> payloads.AppointmentPayload:
    begins = orjson.loads(asked.begins.model_dump_json())
    return validate_document(
        payloads.AppointmentPayload,
        {
            **begins,
            "organization": held.members["organization"],
            "office": held.members["office"],
            "start_on": begins["start_on"] or asked.end_on,
            "legal_basis": asked.legal_basis,
        },
    )
