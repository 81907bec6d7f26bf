"""Every instant that the service writes is in UTC and has six fractional digits.

`connect_client` checks the same of each response that any test receives.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select

from app import models
from app.core.datetimes import INSTANT_PATTERN, WRITTEN_INSTANT_PATTERN, encode_json, format_instant
from app.core.db.documents import Document, json_object
from app.core.http.openapi_components import list_operations
from app.explorer.contract import EXAMPLE_RESPONSES_FILE
from app.main import create_app
from tests.check_ins.meeting_client import MeetingClient
from tests.written_instants import find_other_instants, require_written_instants

CONTRACT = create_app().openapi()
EXAMPLE_MEMBERS = ("example", "examples")
WRITTEN_EXAMPLE = "2026-11-24T05:45:00.000000+00:00"
SECOND = "2027-03-22T08:00:00.000000+00:00"


def iterate_schemas(node: Any, seen: set[str]) -> Iterator[dict[str, Any]]:
    """Yield all schemas below a node of the contract, following its references."""
    if isinstance(node, list):
        for item in node:
            yield from iterate_schemas(item, seen)
    elif isinstance(node, dict):
        yield node
        reference = node.get("$ref", "")
        if reference.startswith("#/components/") and reference not in seen:
            seen.add(reference)
            _, _, kind, name = reference.split("/")
            yield from iterate_schemas(CONTRACT["components"].get(kind, {}).get(name), seen)
        for name, value in node.items():
            if name not in EXAMPLE_MEMBERS:
                yield from iterate_schemas(value, seen)


def list_patterns(part: str) -> set[str | None]:
    """Return the patterns of all instants in the responses or the request bodies of the contract."""
    nodes = [operation.get(part, {}) for _, _, operation in list_operations(CONTRACT)]
    return {schema.get("pattern") for schema in iterate_schemas(nodes, set()) if schema.get("format") == "date-time"}


def test_contract_has_the_pattern_of_written_instants() -> None:
    assert list_patterns("responses") == {WRITTEN_INSTANT_PATTERN}
    assert list_patterns("requestBody") == {INSTANT_PATTERN}


def test_examples_of_responses_have_the_form() -> None:
    examples = EXAMPLE_RESPONSES_FILE.read_text(encoding="utf-8")
    assert find_other_instants(examples) == []
    assert WRITTEN_EXAMPLE in examples


@pytest.mark.parametrize(
    "text", ["2022-06-14T02:00:00Z", "2022-06-14T02:00:00+00:00", "2022-06-14T02:00:00.1+00:00", "2022-06-14 02:00:00"]
)
async def test_other_forms_are_found(text: str) -> None:
    """The hook of the tests' client is not blind."""
    with pytest.raises(AssertionError):
        await require_written_instants(
            httpx.Response(200, json={"at": text}, request=httpx.Request("GET", "http://x/"))
        )
    assert find_other_instants(json.dumps({"at": "2022-06-14T02:00:00.100000+00:00", "on": "2022-06-14"})) == []


def test_python_writes_the_form() -> None:
    instant = datetime.fromisoformat("2027-03-22T15:00:00+07:00")
    assert format_instant(instant) == SECOND
    document = {"at": instant, "id": UUID(int=1), "on": instant.date(), "none": None}
    assert orjson.loads(encode_json(document)) == {
        "at": SECOND,
        "id": "00000000-0000-0000-0000-000000000001",
        "on": "2027-03-22",
        "none": None,
    }


class Changed(BaseModel):
    updated_at: datetime


def test_instant_must_be_a_timestamp_of_postgres() -> None:
    """Anything else would be written as it is."""
    region = models.Region
    Document(Changed, lambda _: select(region.updated_at))
    with pytest.raises(TypeError, match="no timestamptz"):
        Document(Changed, lambda _: select(region.name.label("updated_at")))
    assert "to_char" in str(json_object(updated_at=region.updated_at))
    assert "to_char" not in str(json_object(valid_from=region.valid_from))


@pytest.fixture
def app(own_app: FastAPI) -> FastAPI:
    return own_app


@pytest.fixture
def client(own_client: httpx.AsyncClient) -> httpx.AsyncClient:
    return own_client


async def test_whole_seconds_have_six_digits_everywhere(app: FastAPI, client: httpx.AsyncClient) -> None:
    """A session at a whole second, in the item, the lists, the meeting, the gate pack and the revisions."""
    meeting = await MeetingClient.create(app, client, participant_count=1)
    item = f"{meeting.path}/sessions/opening"
    before = (await meeting.admin.get(item)).json()["starts_at"]
    after = datetime.fromisoformat(before).replace(microsecond=0, second=30)
    changed = await meeting.admin.patch(item, {"starts_at": after.isoformat(), "reason": "mundur"})
    assert changed.json()["starts_at"] == format_instant(after)
    device = await meeting.admin.get(f"{meeting.path}/gate-pack")
    assert device.json()["sessions"][0]["starts_at"] == format_instant(after)
    listed = (await meeting.admin.get(f"{meeting.path}/sessions")).json()["items"][0]
    assert listed["starts_at"] == format_instant(after)
    assert (await meeting.admin.get(meeting.path)).json()["sessions"][0]["starts_at"] == format_instant(after)
    revisions = (await meeting.admin.get(f"{item}/revisions")).json()["items"]
    assert revisions[-1]["changes"] == [
        {"member": "starts_at", "before": before, "after": format_instant(after)},
    ]
    assert (revisions[-1]["before"]["starts_at"], revisions[-1]["after"]["starts_at"]) == (
        before,
        format_instant(after),
    )
    assert revisions[-1]["after"].keys() == revisions[0]["after"].keys()


async def test_check_ins_of_whole_seconds_have_six_digits(app: FastAPI, client: httpx.AsyncClient) -> None:
    meeting = await MeetingClient.create(app, client, participant_count=1)
    results = (await meeting.send_batch([meeting.new_scan(0)])).json()["results"]
    entered = format_instant(datetime.fromisoformat(results[0]["effective_at"]).astimezone(UTC))
    assert results[0]["effective_at"] == entered
    line = await meeting.get_attendance(0)
    assert (line["arrived_at"], line["days"][0]["entered_at"], line["intervals"][0]["entered_at"]) == (entered,) * 3
    scan = (await meeting.admin.get(f"{meeting.path}/check-ins")).json()["items"][0]
    assert scan["effective_at"] == entered
    closed = await meeting.admin.close_roll(meeting.path)
    assert closed.json()["roll_closed_at"] == (await meeting.admin.get(meeting.path)).json()["roll_closed_at"]
