"""SQL of the ids of participants who are added again after they were deleted."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from app.core.db.transaction import Transaction

# The ids of deleted participants who are the same person in the same capacity as those in $2, of the meeting $1 and not
# of a deleted one with its code. The one deleted last comes first.
_SELECT_FORMER_IDS = """
SELECT wanted.n, deletion.key
FROM jsonb_to_recordset($2::text::jsonb)
    AS wanted (n int, official text, name text, organization text, office text, capacity text)
JOIN revisions AS deletion ON deletion.resource = 'participants' AND deletion.action = 'deleted'
    AND deletion.before ->> 'meeting' = $1 AND deletion.before ->> 'capacity' = wanted.capacity
    AND CASE WHEN wanted.official IS NOT NULL THEN deletion.before ->> 'official' = wanted.official
        ELSE deletion.before ->> 'official' IS NULL
            AND deletion.before ->> 'name' IS NOT DISTINCT FROM wanted.name
            AND deletion.before ->> 'organization' IS NOT DISTINCT FROM wanted.organization
            AND (wanted.name IS NOT NULL OR deletion.before ->> 'office' IS NOT DISTINCT FROM wanted.office)
        END
JOIN history.commits ON commits.id = deletion.commit
WHERE NOT EXISTS (SELECT FROM participants WHERE id = deletion.key::uuid) AND NOT EXISTS (
    SELECT FROM revisions AS ended JOIN history.commits AS ended_by ON ended_by.id = ended.commit
    WHERE ended.resource = 'meetings' AND ended.key = $1 AND ended.action = 'deleted'
        AND ended_by.stamp >= commits.stamp
)
ORDER BY wanted.n, deletion.id DESC
"""


async def choose_ids(transaction: Transaction, meeting: str, participants: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Choose the ids of new participants: that of the same person who was deleted before, otherwise a new one.

    So the badge and the scans of a participant who is added again count again. A person is the same by the official or,
    without one, by name and organization (an unnamed one by office), in the same capacity.
    """
    members = ("official", "name", "organization", "office", "capacity")
    wanted = [{"n": n, **{name: row.get(name) for name in members}} for n, row in enumerate(participants)]
    ids: dict[int, UUID] = {}
    for n, key in await transaction.fetch(_SELECT_FORMER_IDS, meeting, orjson.dumps(wanted).decode()):
        former_id = UUID(key)
        if n not in ids and former_id not in ids.values():
            ids[n] = former_id
    return [ids.get(n) or uuid7() for n in range(len(participants))]
