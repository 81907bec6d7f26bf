"""SQL of devices: their owners, clocks and resets."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Float, Text, bindparam, cast, func, literal_column, select

from app import models
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import (
    DayExpression,
    Document,
    DocumentSelect,
    Expression,
    document_text,
    json_array,
    json_object,
)
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.devices import schemas
from app.writes.payloads import ChangeReason

_device, _clock, _reading = models.Device, models.DeviceClock, models.ClockReading
_reset = models.DeviceReset


def select_device(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a device document, one column per JSON member; it does not depend on the day."""
    clock = json_object(
        clock_epoch=_clock.clock_epoch,
        period=_clock.period,
        clock_skew_ms=cast(_clock.shift, Float) / literal_column("-1000"),
        readings=_select_of_readings(func.count()),
        first_received_at=_select_of_readings(func.min(_reading.received_at)),
        last_received_at=_select_of_readings(func.max(_reading.received_at)),
    )
    reset = json_object(
        reset_at=_reset.reset_at,
        reset_by=_reset.reset_by,
        former_client=_reset.former_client,
        reason=_reset.reason,
        legal_basis=_reset.legal_basis,
    )
    return select(
        _device.device_id,
        _device.client,
        json_array(
            clock,
            _clock.clock_epoch,
            _clock.period,
            where=(_clock.meeting == _device.meeting) & (_clock.device_id == _device.device_id),
        ).label("clocks"),
        json_array(
            reset,
            _reset.reset_at,
            where=(_reset.meeting == _device.meeting) & (_reset.device_id == _device.device_id),
        ).label("resets"),
    )


def _select_of_readings(value: Expression) -> ColumnElement[Any]:
    """Return the SQL of an aggregate of the readings of a device's clock in one period."""
    return (
        select(value)
        .select_from(_reading)
        .where(
            _reading.meeting == _clock.meeting,
            _reading.device_id == _clock.device_id,
            _reading.clock_epoch == _clock.clock_epoch,
            _reading.period == _clock.period,
        )
        .correlate(_clock)
        .scalar_subquery()
    )


def _filter_conditions(_filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of a list of devices: the meeting."""
    yield _device.meeting == bindparam("meeting", type_=Text)


_DOCUMENT = Document(schemas.Device, select_device)
DEVICES = Collection(
    _DOCUMENT,
    _device,
    conditions=_filter_conditions,
    sorts={"device_id": []},
    key=_device.device_id,
)

_found = (
    _DOCUMENT.select(as_of=False)
    .where(
        _device.meeting == bindparam("meeting", type_=Text),
        _device.device_id == bindparam("device", type_=Text),
    )
    .subquery()
)
_SELECT_DEVICE = Statement(select(document_text(_found.c.document, only_fields=False)))
# Submissions of the device wait for this lock, so each of them came either before the reset or after it.
_LOCK_DEVICE = "SELECT client FROM devices WHERE meeting = $1 AND device_id = $2 FOR NO KEY UPDATE"
_INSERT_RESET = """
INSERT INTO device_resets (meeting, device_id, reset_by, former_client, reason, legal_basis)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_RELEASE_DEVICE = "UPDATE devices SET client = NULL WHERE meeting = $1 AND device_id = $2"


async def reset_device(
    transaction: Transaction, meeting: str, device: str, client: str, reason: ChangeReason
) -> bytes | None:
    """Release a device from its client, begin a new period of its clock, and return its document; None: no such device.

    Resetting a device that nobody has used since its last reset changes nothing.
    """
    found = await transaction.fetch(_LOCK_DEVICE, meeting, device)
    if not found:
        return None
    former_client = found[0][0]
    if former_client is not None:
        values = (client, former_client, reason.reason, reason.legal_basis)
        await transaction.fetch(_INSERT_RESET, meeting, device, *values)
        await transaction.fetch(_RELEASE_DEVICE, meeting, device)
    return str((await transaction.fetch_one(_SELECT_DEVICE, {"meeting": meeting, "device": device}))[0]).encode()
