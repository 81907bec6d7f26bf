"""What stands in a table of its own is a member of the whole: its change is a revision of that one."""

from datetime import date

import asyncpg

from tests.models.row_changes import change
from tests.models.test_revisions import made, made_of
from tests.models.valid_rows import PERSON, insert


async def test_a_change_of_a_part_is_one_of_the_whole(record: asyncpg.Connection) -> None:
    await insert(record, "region_codes", code="90.07", region="92", until=date(2020, 1, 1))
    await insert(record, "region_codes", code="90.06", region="92", source="S")
    [updated] = await made_of(record, "regions", "92")
    assert (updated.number, updated.changed) == (2, {"previous_codes"})
    assert updated.after["previous_codes"] == [
        {"code": "90.06", "parent": "90", "until": None},
        {"code": "90.07", "parent": "90", "until": "2020-01-01"},
    ]


async def test_what_is_not_shown_of_a_part_is_no_change(record: asyncpg.Connection) -> None:
    await change(record, "region_codes", "source = 'S', verified = true")
    assert await made(record) == []


async def test_a_part_that_goes_over_to_another(record: asyncpg.Connection) -> None:
    await change(record, "region_codes", "region = '92'")
    lost, gained = sorted(await made(record), key=lambda each: each.object)
    assert [each.object for each in (lost, gained)] == [("regions", "90"), ("regions", "92")]
    assert lost.before["previous_codes"] == gained.after["previous_codes"]
    assert lost.after["previous_codes"] == gained.before["previous_codes"] == []


async def test_speakers_are_of_their_session_in_their_order(record: asyncpg.Connection) -> None:
    where = {"meeting": "m-1", "session": "c-9"}
    await insert(record, "session_speakers", **where, position=10, role="R")
    await insert(record, "session_speakers", **where, position=9, official=PERSON, organization=None)
    [updated] = await made(record)
    assert updated.short == ("sessions", "m-1/c-9", 2, "updated")
    nobody = dict.fromkeys(("official", "name", "organization", "division", "division_kind", "role"))
    assert updated.after["speakers"] == [
        {**nobody, "official": str(PERSON)},
        {**nobody, "organization": "kpu", "role": "R"},
    ]


async def test_what_goes_with_its_parts_has_gone_once(record: asyncpg.Connection) -> None:
    await record.execute("DELETE FROM meeting_corrections")
    await record.execute("DELETE FROM session_speakers")
    await record.execute("DELETE FROM participant_sessions")
    await record.execute("DELETE FROM sessions WHERE code = 'opening'")
    found = {each.object: each for each in await made(record)}
    deleted = found["sessions", "m-1/opening"]
    assert deleted.short[2:] == (await before(record, "sessions", "m-1/opening") + 1, "deleted")
    assert len(deleted.before["speakers"]) == 1


async def test_where_a_meetings_facts_are_from_is_one_member(record: asyncpg.Connection) -> None:
    await change(record, "meetings", "source_publisher = 'P', source_title = 'T'")
    await insert(record, "meeting_corrections", meeting="m-9")
    [updated] = await made(record)
    assert (updated.object, updated.changed) == (("meetings", "m-9"), {"source"})
    assert updated.after["source"] == {
        "publisher": "P",
        "title": "T",
        "corrections": [{"field": "F", "printed": "P", "recorded": "H", "reason": "R"}],
    }


async def before(record: asyncpg.Connection, resource: str, key: str) -> int:
    """The newest revision that another transaction has made."""
    found: int = await record.fetchval(
        "SELECT max(revision) FROM revisions WHERE resource = $1 AND key = $2 AND commit <> current_commit()",
        resource,
        key,
    )
    return found
