"""SQL of badges: issuing, reissuing and listing them."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, exists, select, text
from uuid_utils.compat import uuid7

from app import models
from app.badges.keys import FORMER_ALGORITHM, BadgeSigningKey, derive_badge_key
from app.core.collection import ReferenceFilter
from app.core.db.database import Queryable
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction

MAX_BADGES_PER_REQUEST = 5_000
ORGANIZATION_FILTER = ReferenceFilter(models.Organization.code, "/v1/organizations")
_SELECT_ORGANIZATION_EXISTS = Statement(select(exists().where(ORGANIZATION_FILTER.column == bindparam("organization"))))
_SELECT_SECRET = Statement(
    text("""
    SELECT key, (
        SELECT count(*) FROM revisions WHERE resource = 'meetings' AND key = :meeting AND action = 'deleted'
    ) FROM service_keys WHERE purpose = 'badges'
    """)
)
_SELECT_PARTICIPANTS_WITHOUT_BADGE = """
SELECT listed.id FROM participants AS listed
WHERE listed.meeting = $1 AND ($2::uuid IS NULL OR listed.id = $2) AND ($3::text IS NULL OR listed.organization = $3)
    AND NOT EXISTS (SELECT FROM badges WHERE participant = listed.id AND revoked_at IS NULL)
ORDER BY listed.id LIMIT $4
"""
# Of two transactions that issue a first badge to the same participant, the later one uses the badge of the earlier one.
_INSERT_BADGES = """
INSERT INTO badges (id, meeting, participant, digest)
SELECT id, $1, participant, digest FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS new (id, participant, digest)
ON CONFLICT (participant) WHERE revoked_at IS NULL DO NOTHING
"""
_LOCK_PARTICIPANT = "SELECT FROM participants WHERE meeting = $1 AND id = $2 FOR NO KEY UPDATE"
_REVOKE_BADGE = "UPDATE badges SET revoked_at = clock_timestamp() WHERE participant = $1 AND revoked_at IS NULL"
_DERIVE_ATTENDANCE = "SELECT derive_attendance($1, ARRAY[$2::uuid])"
# In the order of the printed roll. The inner LIMIT stops at too many badges before they are sorted.
_SELECT_VALID_BADGES = """
SELECT id, participant, issued_at, name, body_name, capacity, digest FROM (
    SELECT badge.id, listed.id AS participant, badge.issued_at, badge.digest,
        listed.capacity, listed.organization, listed.office,
        coalesce(official.name, listed.name, listed.name_as_printed) AS name,
        coalesce(body.short_name, body.name) AS body_name, body.level, body.kind
    FROM participants AS listed JOIN badges AS badge ON badge.participant = listed.id AND badge.revoked_at IS NULL
    LEFT JOIN officials AS official ON official.id = listed.official
    LEFT JOIN organizations AS body ON body.code = listed.organization
    WHERE listed.meeting = $1 AND ($2::uuid IS NULL OR listed.id = $2)
        AND ($3::text IS NULL OR listed.organization = $3)
    ORDER BY listed.id LIMIT $4
) AS selected
ORDER BY roll_sort_key(capacity, level, kind, organization, office, name) COLLATE "C", participant
"""


class ValidBadge(NamedTuple):
    """A badge that has not been revoked, and what is printed of its participant."""

    id: UUID
    participant: UUID
    issued_at: datetime
    name: str | None
    organization: str | None
    capacity: str
    digest: bytes

    def sign_token(self, key: BadgeSigningKey) -> str:
        """Return the token of the badge, signed by this key, in the form that was issued."""
        token = key.sign(self.id)
        return token if hash_token(token) == self.digest else key.sign(self.id, FORMER_ALGORITHM)

    def to_document(self, key: BadgeSigningKey) -> dict[str, Any]:
        """Return the badge as a `schemas.Badge` document, with its token signed by this key."""
        return {
            "id": self.id,
            "participant": self.participant,
            "token": self.sign_token(key),
            "issued_at": self.issued_at,
        }


async def get_signing_key(reader: Queryable, meeting: str) -> BadgeSigningKey:
    """Derive the key that signs a meeting's badges from the stored secret; the meeting need not exist."""
    secret, deletions = await reader.fetch_one(_SELECT_SECRET, {"meeting": meeting})
    return derive_badge_key(bytes(secret), meeting, deletions)


async def issue_missing_badges(
    transaction: Transaction, meeting: str, *, participant: UUID | None = None, organization: str | None = None
) -> None:
    """Insert up to MAX_BADGES_PER_REQUEST badges for participants (all, an organization's, one) without a valid one.

    They are issued in the order of the participant ids.
    """
    rows = await transaction.fetch(
        _SELECT_PARTICIPANTS_WITHOUT_BADGE, meeting, participant, organization, MAX_BADGES_PER_REQUEST
    )
    if rows:
        await _insert_badges(transaction, meeting, [participant_id for (participant_id,) in rows])


async def reissue_badge(transaction: Transaction, meeting: str, participant: UUID) -> bool:
    """Replace a participant's badge and derive the attendance anew; return False if there is no such participant."""
    if not (await transaction.execute(_LOCK_PARTICIPANT, (meeting, participant))).rowcount:
        return False
    await transaction.fetch(_REVOKE_BADGE, participant)
    await _insert_badges(transaction, meeting, [participant])
    await transaction.fetch(_DERIVE_ATTENDANCE, meeting, participant)
    return True


async def _insert_badges(transaction: Transaction, meeting: str, participants: Sequence[UUID]) -> None:
    """Insert a new badge, with the digest of its token, for each of these participants who has no valid one."""
    key = await get_signing_key(transaction, meeting)
    ids = [uuid7() for _ in participants]
    digests = [hash_token(key.sign(badge_id)) for badge_id in ids]
    await transaction.fetch(_INSERT_BADGES, meeting, ids, list(participants), digests)


async def list_valid_badges(
    transaction: Transaction, meeting: str, *, participant: UUID | None = None, organization: str | None = None
) -> list[ValidBadge]:
    """List up to MAX_BADGES_PER_REQUEST + 1 unrevoked badges: a meeting's, an organization's or a participant's.

    In the order of the printed roll. The one above the maximum shows that there are too many.
    """
    rows = await transaction.fetch(_SELECT_VALID_BADGES, meeting, participant, organization, MAX_BADGES_PER_REQUEST + 1)
    return [ValidBadge(*row) for row in rows]


async def get_meeting_name(transaction: Transaction, meeting: str) -> str:
    """Return the name of a meeting, which must exist."""
    return str((await transaction.fetch("SELECT name FROM meetings WHERE code = $1", meeting))[0][0])


def hash_token(token: str) -> bytes:
    """Return the SHA-256 of a badge's token, by which the badge is found in the database."""
    return sha256(token.encode()).digest()


async def organization_exists(reader: Queryable, code: str) -> bool:
    """Return whether there is an organization with this code."""
    return bool((await reader.fetch_one(_SELECT_ORGANIZATION_EXISTS, {"organization": code}))[0])
