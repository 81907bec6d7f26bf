import json
from datetime import date, datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.attendance.repository import ATTENDANCE_ITEMS as ATTENDED
from app.check_ins.repository import SCANS
from app.check_ins.schemas import CurrentOutcome
from app.core.collection import Collection
from app.core.db.database import Database
from app.core.db.documents import document_text
from app.core.db.statements import Statement
from app.divisions.repository import DIVISIONS
from app.officials.repository import OFFICIALS
from app.writes.revisions import REVISIONS
from tests.core.db.rows import COLLECTIONS, database
from tests.core.db.rows_of_bodies import APPOINTMENT, LONG, ODD, PERSON
from tests.core.db.rows_of_gates import SEEN
from tests.core.db.rows_of_meetings import OPENS

__all__ = ["database"]


async def rendered(database: Database, collection: Collection, **parameters: Any) -> list[str]:
    found = collection.document.select(as_of="as_of" in parameters).subquery("found")
    rows = await database.reader().fetch_all(
        Statement(select(document_text(found.c.document, only_fields=False))), parameters
    )
    return [row[0] for row in rows]


EVERY = {**COLLECTIONS, "revisions": REVISIONS}
INSTANT = {
    "lines": "at",
    "roots": "sealed_at",
    "revisions": "at",
    "scans": "effective_at",
    "corrections": "requested_at",
}  # of which there is no other revision
DAYS = [date(1900, 1, 1), date(2022, 6, 14), date(2023, 6, 1), date(2199, 12, 31)]


class TestStrictly:
    """All rows as documents, each read as its schema says and not a bit more freely: so OpenAPI is true."""

    @pytest.mark.parametrize(
        ("name", "day"),
        # A roster is always of a day.
        [(name, day) for name in EVERY for day in (None, *DAYS) if day or name != "roster"],
    )
    async def test_every_document_is_its_schema(self, database: Database, name: str, day: date | None) -> None:
        collection = EVERY[name]
        parameters = {"q": "odd"} if day is None else {"q": "odd", "as_of": day}
        documents = await rendered(database, collection, **parameters)
        count = Statement(select(func.count()).select_from(collection.rows))
        assert await database.reader().fetch_one(count, parameters) == (len(documents),)
        for document in documents:
            collection.document.schema.model_validate_json(document, strict=True, extra="forbid")

    @pytest.mark.parametrize("name", [name for name in EVERY if name not in ("roster", "hits")])
    async def test_instants_have_their_offset(self, database: Database, name: str) -> None:
        """A strict schema would take an instant without one."""
        documents = await rendered(database, EVERY[name])
        offsets = {
            datetime.fromisoformat(json.loads(document)[INSTANT.get(name, "updated_at")]).utcoffset()
            for document in documents
        }
        assert offsets == {timedelta(0)}

    @pytest.mark.parametrize("body_", ["kpu", "kpu-31", "odd-00"])
    async def test_divisions_with_their_heads(self, database: Database, body_: str) -> None:
        heads = []
        for document in await rendered(database, DIVISIONS, as_of=date(2022, 6, 14), organization=body_):
            heads.append(json.loads(document)["head"])
            DIVISIONS.document.schema.model_validate_json(document, strict=True, extra="forbid")
        assert any(heads)

    async def test_what_gates_have_seen_comes_to_each_that_it_can(self, database: Database) -> None:
        outcomes = {json.loads(document)["outcome"] for document in await rendered(database, SCANS)}
        assert outcomes == set(get_args(CurrentOutcome))

    async def test_who_was_seen_has_its_intervals(self, database: Database) -> None:
        """By the device's clock, which is a microsecond fast; at the other door there was an exit, and no other one."""
        documents = [json.loads(document) for document in await rendered(database, ATTENDED)]
        (seen,) = (one for one in documents if one["id"] == str(SEEN))
        assert (seen["status"], seen["manual_status"]) == ("present", {"status": "sick", "reason": LONG})
        entered = (OPENS + timedelta(seconds=44, microseconds=-1)).isoformat()
        assert seen["arrived_at"] == entered
        assert [(one["session"], one["left_at"] is None) for one in seen["intervals"]] == [(None, True), (ODD, False)]

    async def test_text_comes_through_unchanged(self, database: Database) -> None:
        documents = await rendered(database, OFFICIALS, as_of=date(2022, 6, 14))
        (person,) = (one for one in map(json.loads, documents) if one["id"] == str(PERSON))
        assert (person["name"], person["other_names"]) == (ODD, [ODD, "", ODD])
        held = person["appointments"][1]
        assert held["id"] == str(APPOINTMENT)
        assert held["organization"] == {"code": "odd-00", "name": ODD}
        assert held["division"] == {"code": "odd-2", "name": ODD}
        assert held["legal_basis"] == LONG

    @pytest.mark.parametrize("name", EVERY)
    def test_a_schema_tells_nothing_that_is_not_there(self, name: str) -> None:
        """The strict reading above would notice: a member too few, a null too many, a day that is no date."""
        schema = EVERY[name].document.schema
        with pytest.raises(ValidationError):
            schema.model_validate_json("{}", strict=True, extra="forbid")
