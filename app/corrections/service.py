"""Changing what a roll says: by hand while it is open, and by two clients when it is closed."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from uuid_utils.compat import uuid7

from app.attendance import repository
from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.problems import NotFound, OutsideOrganization, SecondClientNeeded
from app.corrections import payloads
from app.corrections import repository as corrections_repository
from app.roll_access import access
from app.writes import changes, ownership, rows
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason
from app.writes.request import WriteRequest, WriteResult

RESOURCE = repository.MANUAL_STATUS


async def set_status(
    write: WriteRequest, meeting: str, participant: UUID, asked: payloads.ManualStatusContent
) -> Response:
    """Set a status by hand. Answers 200 with the document, or 202 with the correction where the roll is closed."""
    keys = {"meeting": meeting, "id": participant}

    async def work(transaction: Transaction) -> WriteResult:
        write.exposes_personal_data = True
        is_finalized = await access.is_finalized(transaction, meeting)
        await changes.lock_object(transaction, write, RESOURCE, keys)
        if is_finalized:
            correction = await _create_correction(
                transaction, write, meeting, asked, participant=participant, status=asked.status
            )
            return WriteResult(
                StoredResponse(202, {"Location": _correction_url(meeting, correction)}, correction.body),
                [_audit_key(participant)],
            )
        await _store_status(transaction, participant, asked.status, asked.reason)
        item = await changes.get_document(transaction, write, RESOURCE, keys)
        headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
        return WriteResult(StoredResponse(200, headers, item.body), [_audit_key(participant)])

    return await write.run_in_transaction(work, asked)


async def annul_scan(write: WriteRequest, meeting: str, scan: UUID, asked: payloads.AnnulmentContent) -> Response:
    """Take a scan's effect away. Answers 200, or 202 with the correction where the roll is closed."""

    async def work(transaction: Transaction) -> WriteResult:
        await _ensure_may_write(transaction, write, meeting)
        is_finalized = await access.is_finalized(transaction, meeting)
        found = await corrections_repository.find_annulment(transaction, meeting, scan)
        if found is None:
            raise NotFound
        key = f"check-ins/{scan}"
        if not is_finalized or found.at is not None:
            if found.at is None:
                found = (
                    await corrections_repository.annul_scan(transaction, meeting, scan, write.caller.client_id, asked)
                    or found
                )
            answer: dict[str, Any] = {
                "scan_id": scan,
                "annulled_at": found.at,
                "annulled_for": found.reason,
                "legal_basis": found.legal_basis,
                "correction": None,
            }
            return WriteResult(StoredResponse(200, {}, orjson.dumps(answer)), [key])
        correction = await _create_correction(transaction, write, meeting, asked, scan=scan)
        answer = {
            "scan_id": scan,
            "annulled_at": None,
            "annulled_for": None,
            "legal_basis": None,
            "correction": orjson.Fragment(correction.body),
        }
        return WriteResult(
            StoredResponse(202, {"Location": _correction_url(meeting, correction)}, orjson.dumps(answer)), [key]
        )

    return await write.run_in_transaction(work, asked)


async def close_roll(write: WriteRequest, meeting: str, note: ChangeReason | None) -> Response:
    """Close a roll: whoever is writing it ends first, and nobody writes it afterwards. Closed twice is closed once."""

    async def work(transaction: Transaction) -> WriteResult:
        await _ensure_may_write(transaction, write, meeting)
        return WriteResult(
            StoredResponse(200, {}, await corrections_repository.close_roll(transaction, meeting)),
            [f"meetings/{meeting}"],
        )

    return await write.run_in_transaction(work, note)


async def confirm_correction(
    write: WriteRequest, meeting: str, correction: UUID, note: ChangeReason | None
) -> Response:
    """Confirm a correction, and so make it. Answers 200 with it.

    Raises SecondClientNeeded for the client that asked for it, and where another one has confirmed it already.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await _ensure_may_write(transaction, write, meeting)
        asked = await corrections_repository.lock_correction(transaction, meeting, correction)
        if asked is None:
            raise NotFound
        if asked.confirmed_by not in (None, write.caller.client_id) or asked.asked_by == write.caller.client_id:
            raise SecondClientNeeded
        if asked.confirmed_by is None:
            await corrections_repository.confirm_correction(transaction, correction, write.caller.client_id, note)
            await write.attribute_revisions(
                transaction, asked.change_reason
            )  # under the revision stands why it was asked for
            if asked.participant is not None:
                await _store_status(transaction, asked.participant, asked.status, asked.reason)
            elif (
                await corrections_repository.find_annulment(transaction, meeting, asked.scan)
            ) == corrections_repository.NOT_ANNULLED:
                await corrections_repository.annul_scan(
                    transaction, meeting, asked.scan, asked.asked_by, asked.change_reason
                )
        item = await _get_correction(transaction, meeting, correction)
        return WriteResult(StoredResponse(200, {}, item.body), [f"corrections/{correction}"])

    return await write.run_in_transaction(work, note)


async def _ensure_may_write(transaction: Transaction, write: WriteRequest, meeting: str) -> None:
    write.exposes_personal_data = True
    await access.require_access(transaction, write.caller, meeting)
    if write.caller.meeting is not None:  # a gate: it writes scans alone
        raise OutsideOrganization
    await ownership.ensure_object_inside(transaction, write.caller, RESOURCE, {"meeting": meeting, "id": None})


async def _store_status(transaction: Transaction, participant: UUID, status: Any, reason: str) -> None:
    why = None if status == "expected" else reason
    await rows.update_row(transaction, RESOURCE.table, {"id": participant}, {"status": status, "status_reason": why})


async def _create_correction(
    transaction: Transaction, write: WriteRequest, meeting: str, note: ChangeReason, **what: Any
) -> Any:
    id_: UUID = uuid7()
    why = {"reason": note.reason, "legal_basis": note.legal_basis}
    columns = {"id": id_, "meeting": meeting, **why, "asked_by": write.caller.client_id, **what}
    await rows.insert_row(transaction, corrections_repository.TABLE, columns)
    return await _get_correction(transaction, meeting, id_)


async def _get_correction(transaction: Transaction, meeting: str, id_: UUID) -> Any:
    item = await corrections_repository.CORRECTIONS.fetch_item(
        transaction, id_, changes.FULL_DOCUMENT, path_parameters={"meeting": meeting}
    )
    if item is None:
        raise RuntimeError("what was written is not to be seen")
    return item


def _correction_url(meeting: str, correction: Any) -> str:
    return f"/v1/meetings/{meeting}/corrections/{orjson.loads(correction.body)['id']}"


def _audit_key(participant: UUID) -> str:
    return f"participants/{participant}"
