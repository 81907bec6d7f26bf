"""Each table with a meeting or a participant is erased after the retention period, or holds no personal data."""

import asyncpg

from migrations.scripts import CURRENT_SCRIPT

SELECT_TABLES = """
SELECT DISTINCT format('%I.%I', nspname, relname) FROM pg_attribute
JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND attname IN ('meeting', 'participant') AND NOT attisdropped
    AND nspname NOT IN ('pg_catalog', 'information_schema')
"""
ERASED_TABLES = {
    *("public.participants", "public.scans", "public.badges", "public.devices", "public.roll_corrections"),
    *("public.closed_roll_lines", "public.roll_digests", "public.roll_secrets"),
    *("public.idempotency_keys", "public.audit_texts", "closed.participants", "closed.entries_and_exits"),
    *("history.participants_rows", "history.participant_sessions_rows", "history.closed_roll_lines_rows"),
}
"""Named in migrations/sql/retention.sql."""
CASCADED_TABLES = {"public.participant_sessions", "public.attendance", "public.clock_readings"}
CASCADED_TABLES |= {"public.device_clocks", "public.device_resets"}
"""Deleted with a row of the former."""
TABLES_WITHOUT_PERSONAL_DATA = {
    *("public.attendance_counts", "public.clients", "public.sessions", "public.meeting_days"),
    # The heading of a closed roll, with the members of a plenary by their offices; and what its counts need.
    *("public.closed_rolls", "history.closed_rolls_rows", "closed.sessions", "closed.meeting_days"),
    "closed.participant_organizations",
    # The published programme of the meeting, and what was said at it.
    *("public.session_speakers", "public.meeting_corrections", "public.meeting_statements"),
    *("history.sessions_rows", "history.session_speakers_rows"),
    *("history.meeting_corrections_rows", "history.meeting_statements_rows"),
}


async def test_every_table_of_meetings_and_participants_is_known_to_retention(db: asyncpg.Connection) -> None:
    tables = {row[0] for row in await db.fetch(SELECT_TABLES)}
    assert tables == ERASED_TABLES | CASCADED_TABLES | TABLES_WITHOUT_PERSONAL_DATA


def test_retention_names_the_tables_that_it_erases() -> None:
    script = (CURRENT_SCRIPT.parent / "retention.sql").read_text()
    missing = [table for table in ERASED_TABLES if table.removeprefix("public.").removeprefix("history.") not in script]
    assert missing == []
