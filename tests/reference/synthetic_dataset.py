"""A small synthetic data set with one or two rows in each file, to which tests add rows."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.reference.files import FILES

Row = dict[str, str]

PERSON_1, PERSON_2, UNKNOWN_ID = (f"01a20c10-0000-7000-8000-00000000000{n}" for n in (1, 2, 0))
PARTICIPANT_1, PARTICIPANT_2, NEW_ID = (f"01a20c10-0000-7000-8000-0000000000{n}" for n in (11, 12, 19))
SYNTHETIC_ROWS: dict[str, list[Row]] = {
    "agencies": [{"code": "bawaslu", "name": "N"}],
    "divisions": [{"code": "ri-1", "kind": "division", "level": "national", "name": "N"}],
    "people": [{"id": PERSON_1, "name": "N"}, {"id": PERSON_2, "name": "N"}],
    "elections": [{"code": code, "name": "N", "kind": "general"} for code in ("e-1", "e-2")],
    "stages": [
        {"code": code, "election": election, "position": "1", "kind": "stage", "name": "N", "round": "1"}
        for code, election in (("s-1", "e-1"), ("s-2", "e-2"))
    ],
    "meetings": [
        {
            "code": code,
            "name": "N",
            "kind": "plenary",
            "host": "bawaslu",
            "time_zone": "Asia/Jayapura",
            "start_on": "2022-06-13",
            "end_on": "2022-06-15",
            "roll": "open",
        }
        for code in ("m-1", "m-2")
    ],
    "meeting_corrections": [
        {"meeting": "m-1", "position": "1", "field": "F", "printed": "P", "recorded": "H", "reason": "R"}
    ],
    "sessions": [
        {"meeting": meeting, "code": code, "position": "1", "kind": "class", "name": "N"}
        for meeting, code in (("m-1", "opening"), ("m-2", "closing"))
    ],
    "session_speakers": [{"meeting": "m-1", "session": "opening", "position": "1", "organization": "bawaslu"}],
    "meeting_statements": [
        {"id": PARTICIPANT_1, "meeting": "m-1", "person": PERSON_1, "form": "spoken", "summary": "S"}
    ],
    "participants": [
        {
            "id": listed,
            "meeting": meeting,
            "person": PERSON_1,
            "organization": "bawaslu",
            "office": "member",
            "capacity": "guest",
            "status": "present",
            "late": "false",
        }
        for listed, meeting in ((PARTICIPANT_1, "m-1"), (PARTICIPANT_2, "m-2"))
    ],
    "participant_sessions": [{"meeting": "m-1", "session": "opening", "participant": PARTICIPANT_1}],
}
HEADERS = {file.name.removesuffix(".csv"): [column.name for column in file.columns] for file in FILES}


def write_dataset(directory: Path, extra_rows: Mapping[str, Sequence[Row]] | None = None) -> Path:
    """Write the synthetic rows, followed by extra rows, which default to the values of the first row of their file."""
    for name in SYNTHETIC_ROWS:
        header = HEADERS[name]
        surety = dict.fromkeys({"verified", "primary"} & set(header), "false")
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            rows = csv.DictWriter(lines, header)
            rows.writeheader()
            rows.writerows(surety | row for row in SYNTHETIC_ROWS[name])
            rows.writerows(surety | SYNTHETIC_ROWS[name][0] | row for row in (extra_rows or {}).get(name, ()))
    return directory


def next_line(name: str) -> int:
    """Return the line of the first extra row of a file."""
    return len(SYNTHETIC_ROWS[name]) + 2
