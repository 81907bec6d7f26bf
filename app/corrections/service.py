"""Change a roll: directly while it is open, and by corrections that a second client confirms after it was closed.

Each function runs within the transaction of a write request and returns the response to store and the audit keys.
"""

from typing import Any
from uuid import UUID

import orjson

from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.paging import Item
from app.core.problems import NotFound, OutsideOrganization, SecondClientNeeded
from app.corrections import payloads, repository
from app.corrections.repository import CORRECTIONS, MANUAL_STATUS, ScanAnnulment
from app.roll_access import access
from app.writes import changes, ownership
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason
from app.writes.request import WriteRequest, WriteResult


async def set_status(
    transaction: Transaction,
    write_request: WriteRequest,
    meeting: str,
    participant: UUID,
    payload: payloads.ManualStatusPayload,
) -> WriteResult:
    """Lock the roll against closing; set a participant's status (200) or, if closed, request a correction (202)."""
    write_request.exposes_personal_data = True
    keys = {"meeting": meeting, "id": participant}
    audit_keys = [f"participants/{participant}"]
    is_closed = await access.lock_and_check_closed(transaction, meeting)
    await changes.lock_object(transaction, write_request, MANUAL_STATUS, keys)
    if is_closed:
        subject = {"participant": participant, "status": payload.status}
        correction, url = await _request_correction(transaction, write_request, meeting, payload, **subject)
        return WriteResult(StoredResponse(202, {"Location": url}, correction.body), audit_keys)
    await repository.store_status(transaction, participant, payload.status, payload.reason)
    item = await changes.get_document(transaction, write_request, MANUAL_STATUS, keys)
    headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
    return WriteResult(StoredResponse(200, headers, item.body), audit_keys)


async def annul_scan(
    transaction: Transaction, write_request: WriteRequest, meeting: str, scan: UUID, payload: payloads.AnnulmentPayload
) -> WriteResult:
    """Lock the roll against closing; annul a scan (200) or, if closed, request a correction that does (202)."""
    await _require_write_access(transaction, write_request, meeting)
    is_closed = await access.lock_and_check_closed(transaction, meeting)
    annulment = await repository.find_annulment(transaction, meeting, scan)
    if annulment is None:
        raise NotFound
    audit_keys = [f"check-ins/{scan}"]
    if is_closed and annulment.annulled_at is None:
        correction, url = await _request_correction(transaction, write_request, meeting, payload, scan=scan)
        body = orjson.dumps(_annulment_document(scan, annulment, correction))
        return WriteResult(StoredResponse(202, {"Location": url}, body), audit_keys)
    if annulment.annulled_at is None:
        client = write_request.caller.client_id
        annulment = await repository.annul_scan(transaction, meeting, scan, client, payload) or annulment
    return WriteResult(StoredResponse(200, {}, orjson.dumps(_annulment_document(scan, annulment))), audit_keys)


async def close_roll(transaction: Transaction, write_request: WriteRequest, meeting: str) -> WriteResult:
    """Wait for the transactions that write a roll, close it for good, and build the response 200 with the closed roll.

    Closing a closed roll changes nothing.
    """
    await _require_write_access(transaction, write_request, meeting)
    body = await repository.close_roll(transaction, meeting)
    return WriteResult(StoredResponse(200, {}, body), [f"meetings/{meeting}"])


async def confirm_correction(
    transaction: Transaction,
    write_request: WriteRequest,
    meeting: str,
    correction: UUID,
    reason: ChangeReason | None,
) -> WriteResult:
    """Confirm and apply a correction that another client requested, unless done already; build response 200 with it.

    Raises:
        NotFound: There is no such correction.
        SecondClientNeeded: The client requested the correction, or another client has confirmed it.
    """
    await _require_write_access(transaction, write_request, meeting)
    requested = await repository.lock_correction(transaction, meeting, correction)
    if requested is None:
        raise NotFound
    client = write_request.caller.client_id
    if requested.confirmed_by not in (None, client) or requested.requested_by == client:
        raise SecondClientNeeded
    if requested.confirmed_by is None:
        await repository.confirm_correction(transaction, correction, client, reason)
        # The revision of the participant states the reason of the request.
        await write_request.attribute_revisions(transaction, requested.change_reason)
        await _apply_correction(transaction, meeting, requested)
    item = await _get_correction(transaction, meeting, correction)
    return WriteResult(StoredResponse(200, {}, item.body), [f"corrections/{correction}"])


async def _apply_correction(transaction: Transaction, meeting: str, correction: repository.RequestedCorrection) -> None:
    """Set the status or annul the scan (unless annulled already) that a confirmed correction concerns."""
    if correction.participant is not None and correction.status is not None:
        await repository.store_status(transaction, correction.participant, correction.status, correction.reason)
    elif correction.scan is not None:
        annulment = await repository.find_annulment(transaction, meeting, correction.scan)
        if annulment is not None and annulment.annulled_at is None:
            client, reason = correction.requested_by, correction.change_reason
            await repository.annul_scan(transaction, meeting, correction.scan, client, reason)


async def _require_write_access(transaction: Transaction, write_request: WriteRequest, meeting: str) -> None:
    """Mark the response as personal data; raise a problem unless the caller may correct the meeting's roll."""
    write_request.exposes_personal_data = True
    caller = write_request.caller
    await access.require_access(transaction, caller, meeting)
    if caller.meeting is not None:  # the token of a device, which writes scans only
        raise OutsideOrganization
    await ownership.ensure_object_inside(transaction, caller, MANUAL_STATUS, {"meeting": meeting, "id": None})


async def _request_correction(
    transaction: Transaction, write_request: WriteRequest, meeting: str, reason: ChangeReason, **subject: Any
) -> tuple[Item, str]:
    """Insert a correction of a closed roll for a second client to confirm; return its document and its URL."""
    client = write_request.caller.client_id
    id_ = await repository.insert_correction(transaction, meeting, client, reason, **subject)
    return await _get_correction(transaction, meeting, id_), f"/v1/meetings/{meeting}/corrections/{id_}"


async def _get_correction(transaction: Transaction, meeting: str, correction: UUID) -> Item:
    """Return the document of a correction as this transaction sees it; raise RuntimeError if there is none."""
    item = await CORRECTIONS.fetch_item(
        transaction, correction, changes.FULL_DOCUMENT, path_parameters={"meeting": meeting}
    )
    if item is None:
        raise RuntimeError(f"correction {correction} is not visible to the transaction that wrote it")
    return item


def _annulment_document(scan: UUID, annulment: ScanAnnulment, correction: Item | None = None) -> dict[str, Any]:
    """Build the `schemas.Annulment` document of a scan, with the correction that requests the annulment, if any."""
    return {
        "scan_id": scan,
        "annulled_at": annulment.annulled_at,
        "annulment_reason": annulment.reason,
        "legal_basis": annulment.legal_basis,
        "correction": orjson.Fragment(correction.body) if correction else None,
    }
