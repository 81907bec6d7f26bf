"""SQL that recomputes attendance from its facts and erases the personal data of past meetings.

These statements run on a connection of the operator, not on the pools of the service.
"""

import asyncpg

from app.attendance.summary_repository import COUNTERS

# Excludes check-ins, so that everything that is compared is of one moment.
_LOCK_ROLL = "SELECT pg_advisory_xact_lock(roll_lock_key($1))"
_SELECT_MEETINGS = """
SELECT code FROM meetings WHERE anonymised_at IS NULL AND ($1::text IS NULL OR code = $1) ORDER BY code COLLATE "C"
"""
_COLUMNS = "meeting, participant, organization, office, sessions, status, late, arrived_at, left_at, entry"
_LINE_COLUMNS = "status, late, arrived_at, left_at, entry, days, intervals, stays"
_INSERT_MISSING = f"""
INSERT INTO attendance ({_COLUMNS})
SELECT {_COLUMNS}
FROM derived_attendance AS derived WHERE meeting = $1
    AND NOT EXISTS (SELECT FROM attendance WHERE meeting = $1 AND participant = derived.participant)
RETURNING participant
"""  # noqa: S608  (only constants)
_SELECT_DIFFERENT = f"""
SELECT participant FROM (
    SELECT {_COLUMNS} FROM derived_attendance WHERE meeting = $1
    EXCEPT ALL
    SELECT {_COLUMNS} FROM attendance WHERE meeting = $1
) AS different
"""  # noqa: S608  (only constants)
_DERIVE_ATTENDANCE = "SELECT derive_attendance($1, $2::uuid[])"
_IS_CLOSED = "SELECT EXISTS (SELECT FROM closed_rolls WHERE meeting = $1)"
# A closed roll is derived from what was copied at the closing (migrations/sql/closed_rolls.sql).
_SELECT_DIFFERENT_OF_CLOSED = f"""
SELECT participant FROM (
    SELECT {_COLUMNS} FROM closed.derived_attendance WHERE meeting = $1
    EXCEPT ALL
    SELECT {_COLUMNS} FROM attendance WHERE meeting = $1
) AS different
UNION
SELECT participant FROM (
    SELECT participant, {_LINE_COLUMNS} FROM closed.live_roll_lines WHERE meeting = $1
    EXCEPT ALL
    SELECT participant, {_LINE_COLUMNS} FROM closed_roll_lines WHERE meeting = $1
) AS different
"""  # noqa: S608  (only constants)
_REFRESH_CLOSED_ROLL = "SELECT refresh_closed_roll($1, $2::uuid[])"
_COUNTER_KEY = "meeting, family, session, organization, office, slot"
_REPAIR_COUNTERS = f"""
WITH different AS (
    SELECT {_COUNTER_KEY}, {", ".join(f"coalesce(derived.{counter}, 0) AS {counter}" for counter in COUNTERS)}
    FROM (SELECT * FROM derived_counts WHERE meeting = $1) AS derived
    FULL JOIN (SELECT * FROM attendance_counts WHERE meeting = $1) AS stored USING ({_COUNTER_KEY})
    WHERE {" OR ".join(f"coalesce(derived.{name}, 0) <> coalesce(stored.{name}, 0)" for name in COUNTERS)}
)
INSERT INTO attendance_counts ({_COUNTER_KEY}, {", ".join(COUNTERS)}) SELECT * FROM different ORDER BY {_COUNTER_KEY}
ON CONFLICT ({_COUNTER_KEY}) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in COUNTERS)} RETURNING 1
"""  # noqa: S608  (only constants)
_SELECT_EXPIRED = """
SELECT meeting, deletion FROM retention_periods WHERE due_at <= clock_timestamp()
ORDER BY due_at, meeting COLLATE "C", deletion
"""
_SET_AUTHOR = "SELECT set_config('rakornas.made_by', 'retention run', true)"
_ERASE = "SELECT participants, records FROM erase_personal_data($1, $2)"
_INSERT_AUDIT_LINE = "INSERT INTO audit_lines (operation, keys) VALUES ($1, $2)"


async def list_meetings(connection: asyncpg.Connection, code: str | None) -> list[str]:
    """List the codes of the meetings that are not anonymised: only that with this code or (None) all."""
    return [row[0] for row in await connection.fetch(_SELECT_MEETINGS, code)]


async def recompute_attendance(connection: asyncpg.Connection, meeting: str) -> tuple[int, int]:
    """Lock a roll, repair it from its scans and manual statuses, and count the repaired participants and counters.

    Must run in a transaction. Does not write if nothing differs. A closed roll is repaired from what was copied when it
    was closed.
    """
    await connection.execute(_LOCK_ROLL, meeting)
    is_closed = await connection.fetchval(_IS_CLOSED, meeting)
    missing = [] if is_closed else await connection.fetch(_INSERT_MISSING, meeting)
    select_different = _SELECT_DIFFERENT_OF_CLOSED if is_closed else _SELECT_DIFFERENT
    different = [row[0] for row in await connection.fetch(select_different, meeting)]
    if different:
        await connection.execute(_REFRESH_CLOSED_ROLL if is_closed else _DERIVE_ATTENDANCE, meeting, different)
    counters = await connection.fetch(_REPAIR_COUNTERS, meeting)
    return len(missing) + len(different), len(counters)


async def list_expired_meetings(connection: asyncpg.Connection) -> list[tuple[str, int | None]]:
    """List the meetings that are past their retention period: code, and the commit that deleted it if it was deleted.

    Those that were anonymised before are among them, because more personal data may have arrived since.
    """
    return [tuple(row) for row in await connection.fetch(_SELECT_EXPIRED)]


async def erase_personal_data(
    connection: asyncpg.Connection, meeting: str, deletion: int | None
) -> tuple[int, int] | None:
    """Erase a meeting's personal data, add an audit line, and return the numbers of participants and other records.

    Returns None if there was nothing to erase. Must run in a transaction.
    """
    await connection.execute(_SET_AUTHOR)
    erased = await connection.fetchrow(_ERASE, meeting, deletion)
    if erased is None:
        return None
    await connection.execute(_INSERT_AUDIT_LINE, "retention run", [f"meetings/{meeting}"])
    return erased["participants"], erased["records"]
