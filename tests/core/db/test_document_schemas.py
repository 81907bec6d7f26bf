import json
import re
from collections.abc import Iterator
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
from tests.core.db.extreme_rows import COLLECTIONS, database
from tests.core.db.extreme_rows_of_check_ins import SCANNED_PARTICIPANT
from tests.core.db.extreme_rows_of_meetings import FIRST_INSTANT
from tests.core.db.extreme_rows_of_organizations import APPOINTMENT, LONG_TEXT, ODD_TEXT, PERSON

__all__ = ["database"]


async def render_documents(database: Database, collection: Collection, **parameters: Any) -> list[str]:
    rows_query = collection.document.select(as_of="as_of" in parameters).subquery("documents")
    rows = await database.reader().fetch_all(
        Statement(select(document_text(rows_query.c.document, only_fields=False))), parameters
    )
    return [row[0] for row in rows]


def find_instants(node: Any) -> Iterator[str]:
    """Yield the texts that look like instants, anywhere in a document."""
    if isinstance(node, str) and INSTANT_START.match(node):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from find_instants(inner)


INSTANT_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:")
ALL_COLLECTIONS = {**COLLECTIONS, "revisions": REVISIONS}
WITHOUT_INSTANTS = ("roster", "hits")
"""Their documents have dates only."""
DAYS = [date(1900, 1, 1), date(2022, 6, 14), date(2023, 6, 1), date(2199, 12, 31)]


class TestDocumentSchemas:
    """The documents of all rows match their schemas in strict mode, so that the OpenAPI description is true."""

    @pytest.mark.parametrize(
        ("name", "day"),
        # A roster always has a day.
        [(name, day) for name in ALL_COLLECTIONS for day in (None, *DAYS) if day or name != "roster"],
    )
    async def test_every_document_matches_its_schema_strictly(
        self, database: Database, name: str, day: date | None
    ) -> None:
        collection = ALL_COLLECTIONS[name]
        parameters = {"q": "odd"} if day is None else {"q": "odd", "as_of": day}
        documents = await render_documents(database, collection, **parameters)
        count = Statement(select(func.count()).select_from(collection.rows))
        assert await database.reader().fetch_one(count, parameters) == (len(documents),)
        for document in documents:
            collection.document.schema.model_validate_json(document, strict=True, extra="forbid")

    @pytest.mark.parametrize("name", [name for name in ALL_COLLECTIONS if name not in WITHOUT_INSTANTS])
    async def test_instants_are_in_utc(self, database: Database, name: str) -> None:
        """A strict schema would accept an instant without an offset."""
        documents = await render_documents(database, ALL_COLLECTIONS[name])
        instants = [datetime.fromisoformat(text) for text in find_instants([json.loads(text) for text in documents])]
        assert {instant.utcoffset() for instant in instants} == {timedelta(0)}

    @pytest.mark.parametrize("body_", ["kpu", "kpu-31", "odd-00"])
    async def test_divisions_with_heads_match_the_schema(self, database: Database, body_: str) -> None:
        heads = []
        for document in await render_documents(database, DIVISIONS, as_of=date(2022, 6, 14), organization=body_):
            heads.append(json.loads(document)["head"])
            DIVISIONS.document.schema.model_validate_json(document, strict=True, extra="forbid")
        assert any(heads)

    async def test_scans_have_every_possible_outcome(self, database: Database) -> None:
        outcomes = {json.loads(document)["outcome"] for document in await render_documents(database, SCANS)}
        assert outcomes == set(get_args(CurrentOutcome))

    async def test_scanned_participant_has_intervals(self, database: Database) -> None:
        """The device's clock is a microsecond fast. The scans at the session's entrance end with an exit."""
        documents = [json.loads(document) for document in await render_documents(database, ATTENDED)]
        (seen,) = (document for document in documents if document["id"] == str(SCANNED_PARTICIPANT))
        assert (seen["status"], seen["manual_status"]) == ("present", {"status": "sick", "reason": LONG_TEXT})
        entered = (FIRST_INSTANT + timedelta(seconds=44, microseconds=-1)).isoformat()
        assert seen["arrived_at"] == entered
        assert [(interval["session"], interval["ended_by"]) for interval in seen["intervals"]] == [
            (None, "day_end"),
            ("full", "exit"),
            (None, "day_end"),
        ]

    async def test_text_is_rendered_unchanged(self, database: Database) -> None:
        documents = await render_documents(database, OFFICIALS, as_of=date(2022, 6, 14))
        (person,) = (document for document in map(json.loads, documents) if document["id"] == str(PERSON))
        assert (person["name"], person["other_names"]) == (ODD_TEXT, [ODD_TEXT, "", ODD_TEXT])
        appointment = person["appointments"][1]
        assert appointment["id"] == str(APPOINTMENT)
        assert appointment["organization"] == {"code": "odd-00", "name": ODD_TEXT}
        assert appointment["division"] == {"code": "odd-2", "name": ODD_TEXT}
        assert appointment["legal_basis"] == LONG_TEXT

    @pytest.mark.parametrize("name", ALL_COLLECTIONS)
    def test_empty_document_does_not_match_any_schema(self, name: str) -> None:
        """Proves that the strict validation above fails if members are missing."""
        schema = ALL_COLLECTIONS[name].document.schema
        with pytest.raises(ValidationError):
            schema.model_validate_json("{}", strict=True, extra="forbid")
