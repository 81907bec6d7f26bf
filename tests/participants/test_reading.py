"""Reading a list: by whom, of what day, and what it leaves in the audit trail."""

from datetime import datetime, timedelta
from urllib.parse import quote

import asyncpg
import pytest

from app.auth import Scope
from app.core.db import database
from tests.participants.lists import Listing
from tests.writes.calls import Calls

LINES = "SELECT client, scope, operation, keys, purpose FROM audit_lines WHERE client = 'reader' ORDER BY id"
NOW = "SELECT clock_timestamp()"


@pytest.fixture
def reader(listing: Listing) -> Calls:
    return Calls.of(listing.app, listing.client, Scope.ATTENDANCE_READ, client="reader")


async def rows(listing: Listing, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(listing.url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def lines(listing: Listing) -> list[tuple[object, ...]]:
    """Those of this meeting: the module's tests share a database."""
    of_us = {one["id"] for one in await listing.listed()}
    return [
        line
        for line in await rows(listing, LINES)
        if any(listing.meeting in key or key.split("/")[1] in of_us for key in line[3])  # type: ignore[attr-defined]
    ]


async def test_each_reading_is_told_with_whom_it_showed(listing: Listing, reader: Calls) -> None:
    ids = [await listing.add(name=name) for name in ("Satu", "Dua", "Tiga")]
    headers = {**reader.headers, "X-Purpose": "akreditasi"}
    page = await listing.client.get(f"{listing.at}/participants?page_size=2&fields=name", headers=headers)
    assert page.json()["items"] == [{"name": "Satu"}, {"name": "Dua"}]
    assert page.headers["cache-control"] == "no-store"
    one = await listing.client.get(listing.one(ids[2]), headers=headers)
    assert one.headers["cache-control"] == "no-store"
    await listing.client.get(f"{listing.one(ids[0])}/revisions", headers=headers)
    keys = [f"participants/{id_}" for id_ in ids]
    told = [
        ("list_participants", [f"meetings/{listing.meeting}/participants", *keys[:2]]),
        ("get_participant", [keys[2]]),
        ("list_participant_revisions", [keys[0]]),
    ]
    assert await lines(listing) == [("reader", "attendance:read", *line, "akreditasi") for line in told]


async def test_what_is_not_shown_leaves_no_line(listing: Listing, reader: Calls) -> None:
    id_ = await listing.add()
    elsewhere = Calls.of(
        listing.app, listing.client, Scope.ATTENDANCE_READ, client="reader", meeting="rakornas-2022-06"
    )
    for caller, at in ((elsewhere, listing.one(id_)), (elsewhere, f"{listing.at}/participants")):
        assert (await caller.get(at)).status_code == 404
    assert (await reader.get(f"{listing.at}/participants?organization=no-such")).status_code == 422
    assert await lines(listing) == []


async def test_who_is_bound_elsewhere_knows_of_no_list(listing: Listing) -> None:
    id_ = await listing.add()
    addresses = ["participants", f"participants/{id_}", f"participants/{id_}/revisions", f"attendance/{id_}"]
    told = {}
    for name, bound in (
        ("gate here", {"meeting": listing.meeting}),
        ("gate elsewhere", {"meeting": "rakornas-2022-06"}),
        ("host", {"organization": "kpu"}),
        ("body elsewhere", {"organization": "kpu-31"}),
    ):
        caller = Calls.of(listing.app, listing.client, Scope.ATTENDANCE_READ, **bound)
        told[name] = {(await caller.get(f"{listing.at}/{at}")).status_code for at in addresses}
    assert told == {"gate here": {200}, "gate elsewhere": {404}, "host": {200}, "body elsewhere": {404}}


async def test_it_needs_the_scope_also_where_the_roll_is_open(listing: Listing) -> None:
    id_ = await listing.add()
    writer = Calls.of(listing.app, listing.client, Scope.ATTENDANCE_WRITE)
    for at in (f"{listing.at}/participants", listing.one(id_), f"{listing.one(id_)}/revisions"):
        assert (await listing.client.get(at)).status_code == 401
        assert (await writer.get(at)).status_code == 403
    assert (await listing.client.get(f"{listing.at}/attendance")).status_code == 200


async def test_a_gate_writes_no_list(listing: Listing) -> None:
    id_ = await listing.add()
    for meeting, status in ((listing.meeting, 403), ("rakornas-2022-06", 404)):
        gate = Calls.of(listing.app, listing.client, Scope.ATTENDANCE_WRITE, meeting=meeting)
        for answer in (
            await gate.post(f"{listing.at}/participants", {"name": "Budi"}),
            await gate.post(f"{listing.at}/participants:batch", {"participants": [{"name": "Budi"}]}),
            await gate.post(f"{listing.at}/participants:in-office", {"organizations": ["kpu"]}),
            await gate.patch(listing.one(id_), {"note": "x"}),
            await gate.patch(f"{listing.at}/attendance/{id_}", {"status": "sick", "reason": "x"}),
            await gate.delete(listing.one(id_)),
        ):
            assert answer.status_code == status, answer.text
    assert [one["note"] for one in await listing.listed()] == [None]


async def test_filters_leave_those_of_whom_they_are_true(listing: Listing) -> None:
    await listing.add(name="Tarmidzi Satu", organization="kpu-32", office="chair", sessions=["opening", "class-1"])
    await listing.add(name="Budi", organization="kpu-32", office="member", capacity="guest", sessions=["class-2"])
    await listing.add(name="Tuti", organization="kpu-33", office="chair")
    assert await listing.names("&organization=kpu-32") == ["Tarmidzi Satu", "Budi"]
    assert await listing.names("&office=chair") == ["Tarmidzi Satu", "Tuti"]
    assert await listing.names("&capacity=guest") == ["Budi"]
    assert await listing.names("&session=class-1") == ["Tarmidzi Satu"]
    assert await listing.names("&q=tarmizi") == ["Tarmidzi Satu"]
    assert await listing.names("&organization=kpu-32&office=chair&session=class-2") == []
    assert await listing.names("&sort=-id") == ["Tuti", "Budi", "Tarmidzi Satu"]
    for query in ("organization=no-such", "session=no-such", "capacity=king", "office=king", "status=present"):
        assert (await listing.admin.get(f"{listing.at}/participants?{query}")).status_code == 422, query


async def test_a_list_as_it_was_known(listing: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MAX_COMMIT_DURATION", timedelta(0))
    gone = await listing.add(name="Satu", sessions=["class-1"], assignment_letter={"number": "1"})
    await listing.add(name="Dua", represents=gone)
    instant: datetime = (await rows(listing, NOW))[0][0]  # type: ignore[assignment]
    then = f"known_at={quote(instant.isoformat())}"
    (two,) = [one["id"] for one in await listing.listed() if one["name"] == "Dua"]
    for patch in ({"represents": None}, {"name": "Dua Baru"}):
        assert (await listing.admin.patch(listing.one(two), patch)).status_code == 200
    assert (await listing.admin.delete(listing.one(gone))).status_code == 204
    assert await listing.names() == ["Dua Baru"]
    first, second = await listing.listed(f"&{then}")
    assert (first["name"], first["sessions"], first["assignment_letter"]["number"]) == ("Satu", ["class-1"], "1")
    assert (second["name"], second["representation_chain"]) == ("Dua", [{"id": gone, "name": "Satu"}])
    assert await listing.names(f"&session=class-1&{then}") == ["Satu"]
    was = await listing.admin.get(f"{listing.one(gone)}?{then}")
    assert (was.status_code, was.json()["name"]) == (200, "Satu")
    assert (await listing.admin.get(listing.one(gone))).status_code == 404
