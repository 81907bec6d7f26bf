"""The shipped reference data against the sources."""

import pytest

from tests.reference.shipped_copies import read_shipped_rows
from tests.reference.test_loader import ROW_COUNTS, fetch_rows


def test_row_counts() -> None:
    assert ROW_COUNTS == {
        "regions": 38 + 514,
        "region_codes": 26,
        "organizations": 1 + 38 + 514 + 26,
        "divisions": 39,
        "officials": 22,
        "appointments": 27,
        "elections": 2,
        "stages": 191,
        "meetings": 1,
        "meeting_corrections": 1,
        "sessions": 8,
        "session_speakers": 6,
        "meeting_statements": 1,
        "participants": 16,
        "participant_sessions": 0,  # no source tells who sat in which class
    }


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            "SELECT kind, level, count(*) FROM organizations GROUP BY 1, 2 ORDER BY 1, 2",
            [
                ("agency", "national", 25),
                ("agency", None, 1),
                ("commission", "national", 1),
                ("commission", "province", 38),
                ("commission", "regency", 514),
            ],
        ),
        (
            "SELECT code, kind, voting_on::text, decided_on::text FROM elections ORDER BY voting_on",
            [
                ("pemilu-2024", "general", "2024-02-14", "2022-06-09"),
                ("pilkada-2024", "regional_head", "2024-11-27", "2024-01-26"),
            ],
        ),
        (
            "SELECT election, count(*), min(start_on)::text FROM stages GROUP BY 1 ORDER BY 1",
            [("pemilu-2024", 130, "2022-06-14"), ("pilkada-2024", 61, "2024-01-26")],
        ),
        (
            "SELECT code, host, start_on::text, end_on::text, time_zone, roll, election FROM meetings",
            [("rakornas-2022-06", "kpu", "2022-06-13", "2022-06-15", "Asia/Jakarta", "open", "pemilu-2024")],
        ),
        (
            "SELECT field, printed, recorded FROM meeting_corrections",
            [("start_on..end_on", "13-15 Juni 2024", "2022-06-13..2022-06-15")],
        ),
        (
            "SELECT kind, parallel_group, count(*), sum(cardinality(topics)) FROM sessions GROUP BY 1, 2"
            " ORDER BY min(position)",
            [
                ("opening", None, 1, 0),
                ("direction", None, 1, 0),
                ("panel", None, 1, 0),
                ("class", "classes", 5, 23),
            ],
        ),
        (
            "SELECT track, topics[1] FROM sessions WHERE track IN (1, 5) ORDER BY 1",
            [(1, "Tahapan Pemilu dan Pemilihan"), (5, "Pemungutan suara")],
        ),
        ("SELECT count(*) FROM sessions WHERE num_nonnulls(starts_at, ends_at) > 0", [(0,)]),  # nobody tells an hour
        (
            "SELECT session, coalesce(o.name, organization), division_kind FROM session_speakers s"
            " LEFT JOIN officials o ON o.id = official ORDER BY session, position",
            [
                ("directions", "kpu", "division"),
                ("directions", "Bernad Dermawan Sutrisno", None),
                ("opening", "Hasyim Asy'ari", None),
                ("panel", "kemendagri", None),
                ("panel", "bappenas", None),
                ("panel", "lkpp", None),
            ],
        ),
        (
            "SELECT organization, office, status, count(*), count(official) FROM participants GROUP BY 1, 2, 3"
            " ORDER BY 1, 2",
            [
                ("kpu", "chair", "present", 1, 1),
                ("kpu", "member", "present", 6, 6),
                ("kpu", "secretary_general", "present", 1, 1),
                ("kpu-31", "chair", "present", 1, 1),
                ("kpu-31", "member", "present", 6, 6),
                ("kpu-31", "secretary", "present", 1, 0),  # the item names the office, not the person
            ],
        ),
        (
            "SELECT o.name, name_as_printed FROM participants p JOIN officials o ON o.id = official"
            " WHERE name_as_printed IS NOT NULL ORDER BY 1",
            [("Hasyim Asy'ari", "Hasyim Asy'ári"), ("Muhammad Tarmizi", "Tarmidzi")],
        ),
        (
            "SELECT o.name, organization, made_on::text, form FROM meeting_statements s"
            " JOIN officials o ON o.id = s.official",
            [("Sunardi", "kpu-31", "2022-06-14", "written")],
        ),
    ],
)
async def test_shipped_rows_match_the_sources(loaded_url: str, sql: str, found: list[tuple[object, ...]]) -> None:
    assert await fetch_rows(loaded_url, sql) == found


async def test_participants_were_in_office_on_the_day_of_the_meeting(loaded_url: str) -> None:
    """The list of participants and the rosters come from different sources, so they confirm each other."""
    without = (
        "SELECT p.id FROM participants p WHERE official IS NOT NULL AND NOT EXISTS (SELECT FROM appointments a"
        " WHERE (a.official, a.organization, a.office) = (p.official, p.organization, p.office)"
        " AND certain @> '2022-06-14'::date)"
    )
    assert await fetch_rows(loaded_url, without) == []


@pytest.mark.parametrize("file", ["people.csv", "appointments.csv", "participants.csv", "meeting_statements.csv"])
def test_ids_are_unique_uuid7(file: str) -> None:
    ids = [row["id"] for row in read_shipped_rows(file)]
    assert len(set(ids)) == len(ids)
    assert {(id_[14], id_[19] in "89ab") for id_ in ids} == {("7", True)}
