"""SQL that finds what people name in a list of participants: organizations, sessions, officials, participants."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from app.core.db.transaction import Transaction

# For each text: the codes of the organizations with this code or, if there is none, with this name.
_SELECT_ORGANIZATIONS = """
SELECT wanted.text, array_agg(DISTINCT named.code ORDER BY named.code)
FROM unnest($1::text[]) AS wanted (text)
JOIN (
    SELECT code, fold(written) AS folded
    FROM organizations, unnest(ARRAY[name, short_name, name_en]) AS written WHERE written IS NOT NULL
    UNION ALL SELECT code, fold(code) FROM organizations
) AS named ON named.folded = fold(wanted.text)
GROUP BY wanted.text
"""
# For each text: the codes of the sessions of the meeting $1 with this code or name.
_SELECT_SESSIONS = """
SELECT wanted.text, array_agg(DISTINCT sessions.code ORDER BY sessions.code)
FROM unnest($2::text[]) AS wanted (text)
JOIN sessions ON sessions.meeting = $1
    AND (sessions.code = lower(wanted.text) OR fold(sessions.name) = fold(wanted.text))
GROUP BY wanted.text
"""
# For each row: the officials of this name who may be in office in its organization on the first day of the meeting $1.
_SELECT_OFFICIALS = """
SELECT DISTINCT ON (given.n, official.id) given.n, official.id::text, appointment.office
FROM meetings AS meeting
CROSS JOIN jsonb_to_recordset($2::text::jsonb) AS given (n int, name text, organization text, office text)
JOIN appointments AS appointment
    ON appointment.organization = given.organization AND meeting.start_on <@ appointment.possible
JOIN officials AS official ON official.id = appointment.official
WHERE meeting.code = $1
    AND fold(given.name) IN (SELECT fold(written) FROM unnest(official.other_names || official.name) AS written)
ORDER BY given.n, official.id, appointment.office IS DISTINCT FROM given.office, office_rank(appointment.office)
"""
# The rows whose official has another name than the row says.
_SELECT_OTHER_NAMES = """
SELECT given.n FROM jsonb_to_recordset($1::text::jsonb) AS given (n int, official uuid, name text)
JOIN officials AS official ON official.id = given.official
WHERE fold(given.name) NOT IN (SELECT fold(written) FROM unnest(official.other_names || official.name) AS written)
"""
# For each row: the participants of the meeting $1 that it may mean, by id, by official, or by name.
_SELECT_PARTICIPANTS = """
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($2::text::jsonb)
        AS given (n int, id uuid, official uuid, name text, organization text, office text, capacity text)
), named AS (
    SELECT given.n, participant.id, given.name AS given_name
    FROM given JOIN participants AS participant
        ON participant.meeting = $1 AND participant.organization = given.organization
    WHERE given.id IS NULL AND participant.official IS NULL AND participant.capacity = given.capacity
        AND CASE WHEN given.name IS NOT NULL THEN participant.name IS NOT NULL
                AND fold(participant.name) = fold(given.name)
            ELSE given.official IS NULL AND participant.name IS NULL
                AND participant.office IS NOT DISTINCT FROM given.office END
    UNION ALL
    SELECT given.n, participant.id, given.name
    FROM given JOIN participants AS participant ON participant.meeting = $1 AND participant.organization IS NULL
    WHERE given.id IS NULL AND given.organization IS NULL AND participant.official IS NULL
        AND participant.capacity = given.capacity AND participant.name IS NOT NULL
        AND fold(participant.name) = fold(given.name)
)
SELECT found.n, participant.id::text, participant.official::text, found.means,
    participant.official IS NULL AND participant.name IS NOT NULL AND given.name IS NOT NULL
        AND fold(participant.name) = fold(given.name),
    given.name IS NOT NULL AND EXISTS (
        SELECT FROM officials AS official, unnest(official.other_names || official.name) AS written
        WHERE official.id = participant.official AND fold(written) = fold(given.name)
    )
FROM (
    SELECT given.n, participant.id, 'id' AS means FROM given
        JOIN participants AS participant ON participant.meeting = $1 AND participant.id = given.id
    UNION ALL
    SELECT given.n, participant.id, 'official' FROM given
        JOIN participants AS participant ON participant.meeting = $1 AND participant.official = given.official
            AND participant.capacity = given.capacity
        WHERE given.id IS NULL
    UNION ALL SELECT named.n, named.id, 'name' FROM named
) AS found
JOIN participants AS participant ON participant.id = found.id
JOIN given ON given.n = found.n
ORDER BY found.n, array_position(ARRAY['id', 'official', 'name'], found.means), participant.id
"""


class OfficialInOffice(NamedTuple):
    """An official and the office that they may hold in the organization of a row."""

    official: str
    office: str


class FoundParticipant(NamedTuple):
    """A participant that a row may mean."""

    id: str
    official: str | None
    means: str
    """By what the row names the participant: id, official or name."""
    has_same_name: bool
    """The participant is no official, and has the name of the row."""
    official_has_name: bool
    """The participant is an official who has the name of the row."""


async def find_organizations(transaction: Transaction, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return, by text, the codes of the organizations that have it as code or name."""
    return dict(await transaction.fetch(_SELECT_ORGANIZATIONS, list(texts)) if texts else ())


async def find_sessions(transaction: Transaction, meeting: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return, by text, the codes of the sessions of a meeting that have it as code or name."""
    return dict(await transaction.fetch(_SELECT_SESSIONS, meeting, list(texts)) if texts else ())


async def find_officials(
    transaction: Transaction, meeting: str, rows: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[OfficialInOffice]]:
    """Return, by number of the row, the officials of its name and organization; each with one office."""
    found: dict[int, list[OfficialInOffice]] = {}
    for n, official, office in await transaction.fetch(_SELECT_OFFICIALS, meeting, _encode(rows)) if rows else ():
        found.setdefault(n, []).append(OfficialInOffice(official, office))
    return found


async def find_other_names(transaction: Transaction, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
    """Return the numbers of rows whose official has another name than the row says."""
    return {n for (n,) in await transaction.fetch(_SELECT_OTHER_NAMES, _encode(rows))} if rows else set()


async def find_participants(
    transaction: Transaction, meeting: str, rows: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[FoundParticipant]]:
    """Return, by number of the row, the participants of a meeting that it may mean, the most certain first."""
    found: dict[int, list[FoundParticipant]] = {}
    for n, *members in await transaction.fetch(_SELECT_PARTICIPANTS, meeting, _encode(rows)) if rows else ():
        found.setdefault(n, []).append(FoundParticipant(*members))
    return found


def _encode(rows: Mapping[int, Mapping[str, Any]]) -> str:
    """Encode rows with their numbers as JSON, for SQL that reads them as a record set."""
    return orjson.dumps([{**row, "n": n} for n, row in rows.items()]).decode()
