"""The SQL of badges: issued once, issued anew, and all that a gate needs to judge them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import bindparam, exists, select, text
from uuid_utils.compat import uuid7

from app import models
from app.badges.keys import BadgeSigningKey, derive_key
from app.core.collection import ReferenceFilter
from app.core.db.database import MAX_COMMIT_DURATION, Queryable
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction

MAX_BADGES = 5_000  # badges that are made, or told, at once
ORGANIZATION_FILTER = ReferenceFilter(models.Organization.code, "/v1/organizations")
_SELECT_ORGANIZATION_EXISTS = Statement(select(exists().where(ORGANIZATION_FILTER.column == bindparam("organization"))))
_SELECT_SECRET = Statement(text("SELECT key FROM service_keys WHERE purpose = 'badges'"))
_SELECT_PARTICIPANTS_WITHOUT_BADGE = """
SELECT one.id FROM participants AS one
WHERE one.meeting = $1 AND ($2::uuid IS NULL OR one.id = $2) AND ($3::text IS NULL OR one.organization = $3)
    AND NOT EXISTS (SELECT FROM badges WHERE participant = one.id AND revoked_at IS NULL) ORDER BY one.id LIMIT $4
"""
# Of two that issue a participant's first badge at once, one has come too late, and takes the other's.
_INSERT_BADGES = """
INSERT INTO badges (id, meeting, participant, digest)
SELECT id, $1, participant, digest FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS new (id, participant, digest)
ON CONFLICT (participant) WHERE revoked_at IS NULL DO NOTHING
"""
_LOCK_PARTICIPANT = "SELECT FROM participants WHERE meeting = $1 AND id = $2 FOR NO KEY UPDATE"
_REVOKE_BADGE = "UPDATE badges SET revoked_at = clock_timestamp() WHERE participant = $1 AND revoked_at IS NULL"
_DERIVE_ATTENDANCE = "SELECT derive_attendance($1, ARRAY[$2::uuid])"
_SELECT_VALID_BADGES = """
SELECT badge.id, one.id, badge.issued_at, coalesce(person.name, one.name, one.name_as_printed),
    coalesce(body.short_name, body.name), one.capacity
FROM participants AS one JOIN badges AS badge ON badge.participant = one.id AND badge.revoked_at IS NULL
LEFT JOIN officials AS person ON person.id = one.official
LEFT JOIN organizations AS body ON body.code = one.organization
WHERE one.meeting = $1 AND ($2::uuid IS NULL OR one.id = $2) AND ($3::text IS NULL OR one.organization = $3)
ORDER BY one.id LIMIT $4
"""
_SELECT_GATE_PACK = """
SELECT json_build_object(
    'meeting', json_build_object('code', m.code, 'name', m.name), 'time_zone', m.time_zone,
    'start_on', m.start_on, 'end_on', m.end_on, 'roll_closed_at', m.roll_closed_at,
    'revoked', coalesce((
        SELECT json_agg(b.id ORDER BY b.id) FROM badges AS b WHERE b.meeting = m.code AND (
            b.revoked_at >= $2 OR ($2 IS NULL AND b.revoked_at IS NOT NULL)
            OR NOT EXISTS (SELECT FROM participants AS p WHERE p.id = b.participant)
        )
    ), '[]'),
    'sessions', coalesce((
        SELECT json_agg(json_build_object('code', s.code, 'name', s.name, 'parallel_group', s.parallel_group,
            'starts_at', s.starts_at, 'ends_at', s.ends_at, 'room', s.room) ORDER BY s.position, s.code)
        FROM sessions AS s WHERE s.meeting = m.code
    ), '[]'),
    'people', CASE WHEN $3 THEN coalesce((
        SELECT json_agg(json_build_object('badge', b.id, 'name', coalesce(o.name, p.name), 'organization',
            p.organization, 'capacity', p.capacity, 'sessions', p.parts -> 'sessions') ORDER BY b.id)
        FROM badges AS b JOIN participants AS p ON p.id = b.participant LEFT JOIN officials AS o ON o.id = p.official
        WHERE b.meeting = m.code AND b.revoked_at IS NULL AND (b.issued_at >= $2 OR $2 IS NULL)
    ), '[]') END
)::text, (
    SELECT extract(epoch FROM greatest(max(issued_at), max(revoked_at))) * 1000 FROM badges WHERE meeting = $1
)::bigint
FROM meetings AS m WHERE m.code = $1
"""


class ValidBadge(NamedTuple):
    """A badge that is good, and whose it is."""

    id: UUID
    participant: UUID
    issued_at: datetime
    name: str | None
    organization: str | None
    capacity: str

    def to_document(self, key: BadgeSigningKey) -> dict[str, Any]:
        """As the schema Badge has it."""
        return {
            "id": self.id,
            "participant": self.participant,
            "token": key.sign(self.id),
            "issued_at": self.issued_at,
        }


async def get_signing_key(reader: Queryable, meeting: str) -> BadgeSigningKey:
    """The key of a meeting; there is one for any code."""
    [secret] = await reader.fetch_one(_SELECT_SECRET, {})
    return derive_key(bytes(secret), meeting)


async def issue_missing(
    transaction: Transaction, meeting: str, *, participant: UUID | None = None, organization: str | None = None
) -> None:
    """Give a badge to a participant, or to each of the list or of an organization on it, that has none."""
    without = [
        one
        for (one,) in await transaction.fetch(
            _SELECT_PARTICIPANTS_WITHOUT_BADGE, meeting, participant, organization, MAX_BADGES
        )
    ]
    if without:
        await _insert_badges(transaction, meeting, without)


async def reissue(transaction: Transaction, meeting: str, participant: UUID) -> bool:
    """Revoke a participant's badge and issue another one. False: there is no such participant."""
    if not (await transaction.execute(_LOCK_PARTICIPANT, (meeting, participant))).rowcount:
        return False
    await transaction.fetch(_REVOKE_BADGE, participant)
    await _insert_badges(transaction, meeting, [participant])
    await transaction.fetch(_DERIVE_ATTENDANCE, meeting, participant)
    return True


async def _insert_badges(transaction: Transaction, meeting: str, participants: Sequence[UUID]) -> None:
    signs = await get_signing_key(transaction, meeting)
    ids = [uuid7() for _ in participants]
    digests = [hash_token(signs.sign(id_)) for id_ in ids]
    await transaction.fetch(_INSERT_BADGES, meeting, ids, list(participants), digests)


async def list_valid(
    transaction: Transaction, meeting: str, *, participant: UUID | None = None, organization: str | None = None
) -> list[ValidBadge]:
    """The good badges of a meeting, a participant or an organization; one more than MOST where they are too many."""
    return [
        ValidBadge(*row)
        for row in await transaction.fetch(_SELECT_VALID_BADGES, meeting, participant, organization, MAX_BADGES + 1)
    ]


async def get_gate_pack(
    transaction: Transaction, meeting: str, since: datetime | None, *, names: bool
) -> tuple[dict[str, Any], int] | None:
    """What a gate needs, but for the key, and its version in milliseconds; None where there is no such meeting.

    What was revoked a little before `since` is told again: it may have been on its way when the version was made.
    """
    begins = since - MAX_COMMIT_DURATION if since else None
    found = await transaction.fetch(_SELECT_GATE_PACK, meeting, begins, names)
    return (orjson.loads(found[0][0]), found[0][1] or 0) if found else None


async def get_meeting_name(transaction: Transaction, meeting: str) -> str:
    """The name of a meeting that is there."""
    return str((await transaction.fetch("SELECT name FROM meetings WHERE code = $1", meeting))[0][0])


def hash_token(token: str) -> bytes:
    """By which a badge is found."""
    return sha256(token.encode()).digest()


async def organization_exists(reader: Queryable, code: str) -> bool:
    """Whether there is an organization with this code."""
    return bool((await reader.fetch_one(_SELECT_ORGANIZATION_EXISTS, {"organization": code}))[0])


def parse_version(version: str) -> datetime:
    """The instant that a version of the pack names."""
    return datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=int(version))
