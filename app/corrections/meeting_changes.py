"""SQL of corrections that change the dates or the retention period of a meeting.

One client can move the erasure of personal data only later; two clients can move it earlier, too (see
migrations/sql/erasure.sql).
"""

from app.core.db.transaction import Transaction
from app.core.problems import CorrectionSuperseded
from app.corrections.repository import RequestedCorrection

_ALLOW_EARLIER_ERASURE = "SELECT set_config('rakornas.two_clients', 'on', true)"
_SET_DATES = """
UPDATE meetings SET start_on = correction.start_on, end_on = correction.end_on FROM roll_corrections AS correction
WHERE meetings.code = $1 AND correction.id = $2
"""
_SET_RETENTION = """
UPDATE meetings SET retention_days = correction.retention_days FROM roll_corrections AS correction
WHERE meetings.code = $1 AND correction.id = $2
"""
_SELECT_IS_SUPERSEDED = """
SELECT EXISTS (
    SELECT FROM roll_corrections AS other
    WHERE other.meeting = $1 AND other.kind = correction.kind AND other.confirmed_at > correction.requested_at
) OR EXISTS (
    SELECT FROM revisions JOIN history.commits ON commits.id = revisions.commit
    CROSS JOIN unnest(CASE correction.kind
        WHEN 'dates' THEN ARRAY['start_on', 'end_on'] ELSE ARRAY['retention_days']
    END) AS member
    WHERE revisions.resource = 'meetings' AND revisions.key = $1 AND revisions.action = 'updated'
        AND commits.stamp > correction.requested_at AND before -> member IS DISTINCT FROM after -> member
) FROM roll_corrections AS correction WHERE correction.id = $2
"""


async def require_dates(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Raise ConstraintViolation if the meeting cannot have the new dates, or CorrectionSuperseded."""
    await _require_applicable(transaction, _SET_DATES, meeting, correction)


async def set_dates(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Set the first and the last day of the meeting."""
    await _apply(transaction, _SET_DATES, meeting, correction)


async def require_retention(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Raise ConstraintViolation if the meeting cannot have the new retention period, or CorrectionSuperseded."""
    await _require_applicable(transaction, _SET_RETENTION, meeting, correction)


async def set_retention(transaction: Transaction, meeting: str, correction: RequestedCorrection) -> None:
    """Set the retention period of the meeting."""
    await _apply(transaction, _SET_RETENTION, meeting, correction)


async def _apply(transaction: Transaction, sql: str, meeting: str, correction: RequestedCorrection) -> None:
    """Run the UPDATE of a correction that two clients have agreed on."""
    await transaction.fetch(_ALLOW_EARLIER_ERASURE)
    await transaction.fetch(sql, meeting, correction.id)


async def _require_applicable(
    transaction: Transaction, sql: str, meeting: str, correction: RequestedCorrection
) -> None:
    """Try the UPDATE of a correction in a savepoint and roll it back.

    Raises:
        CorrectionSuperseded: Since the request another correction of the same kind was confirmed, or what this one
            changes was changed directly.
        ConstraintViolation: A rule would be broken, for example a session would be outside the dates.
    """
    if (await transaction.fetch(_SELECT_IS_SUPERSEDED, meeting, correction.id))[0][0]:
        raise CorrectionSuperseded
    await transaction.execute("SAVEPOINT attempt")
    await _apply(transaction, sql, meeting, correction)
    await transaction.execute("ROLLBACK TO SAVEPOINT attempt")
    await transaction.execute("RELEASE SAVEPOINT attempt")
