"""SQL of the gate pack: the data that a device needs to check badges without a network."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from app.core.db.database import MAX_COMMIT_DURATION
from app.core.db.documents import instant_sql
from app.core.db.transaction import Transaction

_SELECT_GATE_PACK = f"""
SELECT json_build_object(
    'meeting', json_build_object('code', meeting.code, 'name', meeting.name), 'time_zone', meeting.time_zone,
    'start_on', meeting.start_on, 'end_on', meeting.end_on,
    'roll_closed_at', {instant_sql("meeting.roll_closed_at")},
    'revoked', coalesce((
        SELECT json_agg(badge.id ORDER BY badge.id) FROM badges AS badge WHERE badge.meeting = meeting.code AND (
            badge.revoked_at >= $2 OR ($2 IS NULL AND badge.revoked_at IS NOT NULL)
            OR NOT EXISTS (SELECT FROM participants AS listed WHERE listed.id = badge.participant)
        )
    ), '[]'),
    'sessions', coalesce((
        SELECT json_agg(
            json_build_object('code', session.code, 'name', session.name, 'parallel_group', session.parallel_group,
                'starts_at', {instant_sql("session.starts_at")}, 'ends_at', {instant_sql("session.ends_at")},
                'room', session.room)
            ORDER BY session.position, session.code COLLATE "C"
        )
        FROM sessions AS session WHERE session.meeting = meeting.code
    ), '[]'),
    'people', CASE WHEN $3 THEN coalesce((
        SELECT json_agg(
            json_build_object('badge', badge.id, 'name', coalesce(official.name, listed.name),
                'organization', listed.organization, 'capacity', listed.capacity,
                'sessions', listed.parts -> 'sessions')
            ORDER BY badge.id
        )
        FROM badges AS badge JOIN participants AS listed ON listed.id = badge.participant
        LEFT JOIN officials AS official ON official.id = listed.official
        WHERE badge.meeting = meeting.code AND badge.revoked_at IS NULL AND (badge.issued_at >= $2 OR $2 IS NULL)
    ), '[]') END
)::text, (
    SELECT extract(epoch FROM greatest(max(issued_at), max(revoked_at))) * 1000 FROM badges WHERE meeting = $1
)::bigint
FROM meetings AS meeting WHERE meeting.code = $1
"""  # noqa: S608


async def get_gate_pack(
    transaction: Transaction, meeting: str, since: datetime | None, *, names: bool
) -> tuple[dict[str, Any], int] | None:
    """Return a meeting's offline check-in data (badge changes after `since`) and version; None: no such meeting.

    The version is in milliseconds since 1970. The public keys are not part of the data, the names of participants only
    with `names`. With `since` the pack holds only what is new, and also what was revoked shortly before: that may not
    yet have been committed when the version was made.
    """
    changed_since = since - MAX_COMMIT_DURATION if since else None
    rows = await transaction.fetch(_SELECT_GATE_PACK, meeting, changed_since, names)
    return (orjson.loads(rows[0][0]), rows[0][1] or 0) if rows else None


def parse_version(version: str) -> datetime:
    """Convert the version of a gate pack, in milliseconds since 1970, to the instant that it names, in UTC."""
    return datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=int(version))
