"""Change a roll: directly while it is open, and by corrections that a second client confirms after it was closed.

Each function runs within the transaction of a write request and returns the response to store and the audit keys.
"""

from typing import Any
from uuid import UUID

from app.auth.route import build_insufficient_scope
from app.core.datetimes import encode_json
from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.paging import Item
from app.core.problems import (
    CorrectionSuperseded,
    ErrorDetail,
    InvalidContent,
    NotFound,
    OutsideOrganization,
    RollClosed,
    RollOpen,
    SecondClientNeeded,
)
from app.corrections import closed_roll_repository, payloads, repository
from app.corrections.kinds import KINDS, NO_DAY_OF_MEETING, require_members_of_kind
from app.corrections.repository import CORRECTIONS, MANUAL_STATUS, ScanAnnulment
from app.meetings.repository import MEETING
from app.models.vocabulary import CorrectionKind
from app.roll_access import access
from app.writes import changes, ownership
from app.writes.conflicts import AttemptedWrite
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
    """Lock the roll against closing, set a participant's status, and build the response 200 with the attendance.

    Raises:
        RollClosed: The roll has been closed.
        InvalidContent: `on` is no day of the meeting.
    """
    write_request.exposes_personal_data = True
    keys = {"meeting": meeting, "id": participant}
    audit_keys = [f"participants/{participant}"]
    is_closed = await access.lock_and_check_closed(transaction, meeting)
    await changes.lock_object(transaction, write_request, MANUAL_STATUS, keys)
    if is_closed:
        raise RollClosed
    if payload.on is None:
        await repository.store_status(transaction, participant, payload.status, payload.reason)
    elif not await repository.store_day_status(
        transaction, meeting, participant, payload.on, payload.status, payload.reason
    ):
        raise InvalidContent(ErrorDetail("not_a_day_of_the_meeting", NO_DAY_OF_MEETING, pointer="/on"))
    item = await changes.get_document(transaction, write_request, MANUAL_STATUS, keys)
    headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
    return WriteResult(StoredResponse(200, headers, item.body), audit_keys)


async def annul_scan(
    transaction: Transaction, write_request: WriteRequest, meeting: str, scan: UUID, payload: payloads.AnnulmentPayload
) -> WriteResult:
    """Lock the roll against closing, annul a scan unless done already, and build the response 200.

    Raises:
        NotFound: There is no such scan.
        RollClosed: The roll has been closed, and the scan is not annulled.
    """
    await require_write_access(transaction, write_request, meeting)
    is_closed = await access.lock_and_check_closed(transaction, meeting)
    annulment = await repository.find_annulment(transaction, meeting, scan)
    if annulment is None:
        raise NotFound
    audit_keys = [f"check-ins/{scan}"]
    if is_closed and annulment.annulled_at is None:
        raise RollClosed
    if annulment.annulled_at is None:
        client = write_request.caller.client_id
        annulment = await repository.annul_scan(transaction, meeting, scan, client, payload) or annulment
    return WriteResult(StoredResponse(200, {}, encode_json(_annulment_document(scan, annulment))), audit_keys)


async def close_roll(transaction: Transaction, write_request: WriteRequest, meeting: str) -> WriteResult:
    """Wait for the transactions that write a roll, copy and close it, and build the response 200 with the closed roll.

    Closing a closed roll changes nothing.

    Raises:
        PreconditionFailed: If-Match names another revision of the meeting.
    """
    await require_write_access(transaction, write_request, meeting)
    write_request.exposes_personal_data = False  # the response names nobody
    await repository.lock_roll(transaction, meeting)
    await changes.lock_object(transaction, write_request, MEETING, {"code": meeting})
    body = await repository.close_roll(transaction, meeting, write_request.caller.client_id)
    item = await changes.get_document(transaction, write_request, MEETING, {"code": meeting})
    headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
    return WriteResult(StoredResponse(200, headers, body), [f"meetings/{meeting}"])


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
        CorrectionSuperseded: What it changes was corrected after it was requested.
        RollOpen: It corrects a closed roll, and the roll is open.
    """
    await require_write_access(transaction, write_request, meeting)
    await repository.lock_roll(transaction, meeting)
    client = write_request.caller.client_id
    requested = await repository.lock_correction(transaction, meeting, correction, client)
    if requested is None:
        raise NotFound
    _require_scope_of_kind(write_request, requested.kind)
    if requested.confirmed_by not in (None, client) or requested.is_own:
        raise SecondClientNeeded
    if requested.confirmed_by is None:
        await _require_unsuperseded(transaction, meeting, requested)
        await _require_applicable(transaction, meeting, requested)
        await repository.confirm_correction(transaction, correction, client, reason)
        # The revision of the participant states the reason of the request.
        await write_request.attribute_revisions(transaction, requested.change_reason)
        await closed_roll_repository.allow_changes(transaction)
        await KINDS[requested.kind].apply(transaction, meeting, requested)
    item = await _get_correction(transaction, meeting, correction)
    return WriteResult(StoredResponse(200, {}, item.body), _list_audit_keys(meeting, requested))


async def request_correction(
    transaction: Transaction, write_request: WriteRequest, meeting: str, payload: payloads.RollCorrectionPayload
) -> WriteResult:
    """Insert a correction for a second client to confirm, without applying it; build the response 201 with it.

    Raises:
        NotFound: There is no such meeting.
        InvalidContent: The members do not suit the kind, or there is no such participant or scan.
        RollOpen: It corrects a closed roll, and the roll is open.
    """
    await require_write_access(transaction, write_request, meeting)
    await access.lock_and_check_closed(transaction, meeting)
    _require_scope_of_kind(write_request, payload.kind)
    require_members_of_kind(payload)
    columns = payload.model_dump(exclude_none=True, exclude={"on"})
    if payload.on is not None:
        columns["status_on"] = payload.on
    write_request.attempted_write = AttemptedWrite(columns)
    client = write_request.caller.client_id
    id_ = await repository.insert_correction(transaction, meeting, client, columns)
    requested = await repository.lock_correction(transaction, meeting, id_, client)
    if requested is None:
        raise RuntimeError(f"correction {id_} is not visible to the transaction that wrote it")
    await _require_applicable(transaction, meeting, requested)
    item = await _get_correction(transaction, meeting, id_)
    headers = {
        "Location": f"/v1/meetings/{meeting}/corrections/{id_}",
        "ETag": conditional.entity_tag(item.body, item.revision),
    }
    return WriteResult(StoredResponse(201, headers, item.body), _list_audit_keys(meeting, requested))


def _require_scope_of_kind(write_request: WriteRequest, kind: CorrectionKind) -> None:
    """Raise a problem unless the caller has the scope that a kind of correction needs as well."""
    scope = KINDS[kind].scope
    if scope is not None and scope not in write_request.caller.scopes:
        raise build_insufficient_scope(scope)


async def _require_unsuperseded(
    transaction: Transaction, meeting: str, correction: repository.RequestedCorrection
) -> None:
    """Raise CorrectionSuperseded if what a correction of a closed roll changes was corrected after its request."""
    is_of_closed_roll = KINDS[correction.kind].needs_closed_roll and await access.lock_and_check_closed(
        transaction, meeting
    )
    if is_of_closed_roll and await repository.is_superseded(transaction, meeting, correction.id):
        raise CorrectionSuperseded


async def _require_applicable(
    transaction: Transaction, meeting: str, correction: repository.RequestedCorrection
) -> None:
    """Raise a problem unless a correction can be applied to the roll as it is now."""
    kind = KINDS[correction.kind]
    if kind.needs_closed_roll and not await access.lock_and_check_closed(transaction, meeting):
        raise RollOpen
    if kind.check is not None:
        await kind.check(transaction, meeting, correction)


def _list_audit_keys(meeting: str, correction: repository.RequestedCorrection) -> list[str]:
    """List the keys of what a correction is about, for the audit trail."""
    about = {"participants": correction.participant, "check-ins": correction.scan}
    keys = [f"{name}/{id_}" for name, id_ in about.items() if id_ is not None]
    return [f"corrections/{correction.id}", *(keys or [f"meetings/{meeting}"])]


async def require_write_access(transaction: Transaction, write_request: WriteRequest, meeting: str) -> None:
    """Mark the response as personal data; raise a problem unless the caller may correct the meeting's roll."""
    write_request.exposes_personal_data = True
    caller = write_request.caller
    await access.require_access(transaction, caller, meeting)
    if caller.meeting is not None:  # the token of a device, which writes scans only
        raise OutsideOrganization
    await ownership.ensure_object_inside(transaction, caller, MANUAL_STATUS, {"meeting": meeting, "id": None})


async def _get_correction(transaction: Transaction, meeting: str, correction: UUID) -> Item:
    """Return the document of a correction as this transaction sees it; raise RuntimeError if there is none."""
    item = await CORRECTIONS.fetch_item(
        transaction, correction, changes.FULL_DOCUMENT, path_parameters={"meeting": meeting}
    )
    if item is None:
        raise RuntimeError(f"correction {correction} is not visible to the transaction that wrote it")
    return item


def _annulment_document(scan: UUID, annulment: ScanAnnulment) -> dict[str, Any]:
    """Build the `schemas.Annulment` document of a scan."""
    return {
        "scan_id": scan,
        "annulled_at": annulment.annulled_at,
        "annulment_reason": annulment.reason,
        "legal_basis": annulment.legal_basis,
    }
