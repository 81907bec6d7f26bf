"""Parts of an object with their own table: a change of a part is a revision of the object."""

from datetime import date

import asyncpg

from tests.models.row_changes import change_row
from tests.models.test_revisions import fetch_own_revisions, fetch_own_revisions_of
from tests.models.valid_rows import OFFICIAL, insert_row


async def test_changed_part_is_a_revision_of_its_object(filled_db: asyncpg.Connection) -> None:
    await insert_row(filled_db, "region_codes", code="90.07", region="92", until=date(2020, 1, 1))
    await insert_row(filled_db, "region_codes", code="90.06", region="92", source="S")
    [updated] = await fetch_own_revisions_of(filled_db, "regions", "92")
    assert (updated.number, updated.changed_members) == (2, {"previous_codes"})
    assert updated.after["previous_codes"] == [
        {"code": "90.06", "parent": "90", "until": None},
        {"code": "90.07", "parent": "90", "until": "2020-01-01"},
    ]


async def test_change_of_a_left_out_column_is_no_revision(filled_db: asyncpg.Connection) -> None:
    await change_row(filled_db, "region_codes", "source = 'S', verified = true")
    assert await fetch_own_revisions(filled_db) == []


async def test_part_moved_to_another_object_changes_both(filled_db: asyncpg.Connection) -> None:
    await change_row(filled_db, "region_codes", "region = '92'")
    lost, gained = sorted(await fetch_own_revisions(filled_db), key=lambda revision: revision.object)
    assert [revision.object for revision in (lost, gained)] == [("regions", "90"), ("regions", "92")]
    assert lost.before["previous_codes"] == gained.after["previous_codes"]
    assert lost.after["previous_codes"] == gained.before["previous_codes"] == []


async def test_speakers_are_copied_to_their_session_in_order(filled_db: asyncpg.Connection) -> None:
    where = {"meeting": "m-1", "session": "c-9"}
    await insert_row(filled_db, "session_speakers", **where, position=10, role="R")
    await insert_row(filled_db, "session_speakers", **where, position=9, official=OFFICIAL, organization=None)
    [updated] = await fetch_own_revisions(filled_db)
    assert updated.summary == ("sessions", "m-1/c-9", 2, "updated")
    nobody = dict.fromkeys(("official", "name", "organization", "division", "division_kind", "role"))
    assert updated.after["speakers"] == [
        {**nobody, "official": str(OFFICIAL)},
        {**nobody, "organization": "kpu", "role": "R"},
    ]


async def test_object_deleted_with_its_parts_has_one_revision(filled_db: asyncpg.Connection) -> None:
    await filled_db.execute("DELETE FROM meeting_corrections")
    await filled_db.execute("DELETE FROM session_speakers")
    await filled_db.execute("DELETE FROM participant_sessions")
    await filled_db.execute("DELETE FROM sessions WHERE code = 'opening'")
    revisions = {revision.object: revision for revision in await fetch_own_revisions(filled_db)}
    deleted = revisions["sessions", "m-1/opening"]
    assert deleted.summary[2:] == (await fetch_former_revision(filled_db, "sessions", "m-1/opening") + 1, "deleted")
    assert len(deleted.before["speakers"]) == 1


async def test_source_of_a_meeting_is_one_member(filled_db: asyncpg.Connection) -> None:
    await change_row(filled_db, "meetings", "source_publisher = 'P', source_title = 'T'")
    await insert_row(filled_db, "meeting_corrections", meeting="m-9")
    [updated] = await fetch_own_revisions(filled_db)
    assert (updated.object, updated.changed_members) == (("meetings", "m-9"), {"source"})
    assert updated.after["source"] == {
        "publisher": "P",
        "title": "T",
        "corrections": [{"field": "F", "printed": "P", "recorded": "H", "reason": "R"}],
    }


async def fetch_former_revision(filled_db: asyncpg.Connection, resource: str, key: str) -> int:
    """Return the newest revision that another transaction has written."""
    revision: int = await filled_db.fetchval(
        "SELECT max(revision) FROM revisions WHERE resource = $1 AND key = $2 AND commit <> current_commit()",
        resource,
        key,
    )
    return revision
