import asyncpg

from app.models import Base

SELECT_LEADING_COLUMNS = """
    SELECT relname || '.' || attname FROM pg_index i JOIN pg_class t ON t.oid = indrelid
    JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = indkey[0] AND relnamespace = 'public'::regnamespace"""
# A partial index cannot be used for queries on all rows, so it does not count for references.
SELECT_FULL_INDEXES = """
    SELECT relname, ARRAY(
        SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS place (attnum, nth)
        JOIN pg_attribute USING (attnum) WHERE attrelid = indrelid ORDER BY nth
    ) FROM pg_index JOIN pg_class t ON t.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND indpred IS NULL AND indexprs IS NULL"""
SELECT_REFERENCES = """
    SELECT relname, ARRAY(
        SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey)
    ) FROM pg_constraint JOIN pg_class t ON t.oid = conrelid
    WHERE contype = 'f' AND relnamespace = 'public'::regnamespace"""
SELECT_EXPRESSIONS = """
    SELECT pg_get_indexdef(indexrelid, 1, true) FROM pg_index JOIN pg_class t ON t.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace AND indkey[0] = 0"""
QUERIED_COLUMNS = {
    "regions": ["code", "name", "updated_at", "type", "parent", "valid_from", "folded"],
    "region_codes": ["code", "region"],
    "organizations": [
        *["code", "name", "updated_at", "kind", "level", "sector", "parent", "region", "established_on", "folded"],
    ],
    "divisions": ["code", "name", "updated_at", "kind", "level", "members", "folded"],
    "officials": ["id", "name", "updated_at", "folded"],
    "appointments": ["id", "official", "organization", "division", "office", "standing", "updated_at"],
    "elections": ["code", "name", "updated_at", "kind", "folded"],
    "stages": ["code", "name", "updated_at", "election", "parent", "kind", "round", "end_on", "folded"],
    "meetings": ["code", "name", "updated_at", "host", "kind", "election", "start_on", "end_on", "folded"],
    "participants": ["id", "official", "organization", "folded"],
    "clients": ["id", "name", "updated_at", "organization", "meeting"],
    "client_secrets": ["id", "client", "revoked_at"],
    "client_controllers": ["client"],
    "used_assertions": ["client", "expires_at"],
    "idempotency_keys": ["client", "created_at"],
    "audit_lines": ["id", "xid", "at", "client", "keys", "operation"],
    "revisions": ["id", "resource"],
    "badges": ["id", "participant"],
    "scans": ["badge"],
}
# These are queried within one meeting, so their index begins with the meeting.
QUERIED_COLUMNS_WITHIN_A_MEETING = {
    "meeting_corrections": ["position"],
    "sessions": ["code", "position"],
    "session_speakers": ["session"],
    "meeting_statements": ["made_on"],
    "participants": ["organization", "office", "open_status", "updated_at", "official"],
    "participant_sessions": ["session", "participant"],
    "attendance": ["participant", "open_status"],
    "scans": ["received_at", "id"],
    "roll_corrections": ["id"],
}


async def test_every_reference_has_an_index(db: asyncpg.Connection) -> None:
    """An index that begins with the columns of the reference, in any order; a changed code is looked up with it."""
    indexes = [tuple(row) for row in await db.fetch(SELECT_FULL_INDEXES)]
    references = [tuple(row) for row in await db.fetch(SELECT_REFERENCES)]
    assert len(references) == sum(len(table.foreign_key_constraints) for table in Base.metadata.tables.values())
    without = [
        (table, columns)
        for table, columns in references
        if not any(
            table == indexed_table and set(columns) == set(leading[: len(columns)])
            for indexed_table, leading in indexes
        )
    ]
    assert without == []


async def test_every_filter_and_sort_has_an_index(db: asyncpg.Connection) -> None:
    leading = {row[0] for row in await db.fetch(SELECT_LEADING_COLUMNS)}
    assert {f"{table}.{column}" for table, columns in QUERIED_COLUMNS.items() for column in columns} <= leading


async def test_every_filter_and_sort_within_a_meeting_has_an_index(db: asyncpg.Connection) -> None:
    queried = {(table, column) for table, columns in QUERIED_COLUMNS_WITHIN_A_MEETING.items() for column in columns}
    indexed = {
        (table, columns[1])
        for table, columns in await db.fetch(SELECT_FULL_INDEXES)
        if columns[0] == "meeting" and columns[1:]
    }
    assert queried <= indexed


async def test_sorts_by_unknown_days_have_an_index(db: asyncpg.Connection) -> None:
    assert {row[0] for row in await db.fetch(SELECT_EXPRESSIONS)} >= {
        "COALESCE(voting_on, 'infinity'::date)",
        "COALESCE(start_on, end_on, 'infinity'::date)",
        "COALESCE(lower(possible), '-infinity'::date)",
    }
