"""Reset a device within the transaction of a write request."""

from app.core.db.transaction import Transaction
from app.core.problems import NotFound, OutsideOrganization
from app.devices import payloads, repository
from app.roll_access import access
from app.writes.idempotency import StoredResponse
from app.writes.request import WriteRequest, WriteResult


async def reset_device(
    transaction: Transaction,
    write_request: WriteRequest,
    meeting: str,
    device: str,
    payload: payloads.DeviceResetPayload,
) -> WriteResult:
    """Release a device from its client, and build the response 200 with the device.

    Raises:
        NotFound: There is no such meeting or device.
        OutsideOrganization: The caller is a device itself.
    """
    caller = write_request.caller
    await access.require_access(transaction, caller, meeting)
    if caller.meeting is not None:
        raise OutsideOrganization
    document = await repository.reset_device(transaction, meeting, device, caller.client_id, payload)
    if document is None:
        raise NotFound
    # Without the id: a client chooses it, and the audit trail keeps its keys for ever.
    return WriteResult(StoredResponse(200, {}, document), [f"meetings/{meeting}/devices"])
