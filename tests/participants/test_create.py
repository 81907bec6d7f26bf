"""Putting somebody on a list, and changing what it says of them."""

from typing import Any

import pytest

from app.auth import Scope
from tests.conftest import fetch
from tests.participants.lists import NOBODY, Listing, refused
from tests.writes.calls import Calls
from tests.writes.objects import HASYIM

LETTER = {"number": "12/ST/KPU-31/2026", "dated_on": "2026-12-01"}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"official": HASYIM, "organization": "kpu", "office": "chair"}, ["Hasyim Asy'ari", None, "kpu", "chair"]),
        ({"name": "Siti Contoh", "capacity": "guest"}, [None, "Siti Contoh", None, None]),
        ({"organization": "kpu-32", "office": "chair"}, [None, None, "kpu-32", "chair"]),
    ],
    ids=["official", "name", "office"],
)
async def test_whoever_it_is_can_be_read(listing: Listing, body: dict[str, Any], shown: list[str | None]) -> None:
    made = await listing.post(body)
    assert made.status_code == 201, made.text
    one = made.json()
    told = [(one["official"] or {}).get("name"), one["name"], (one["organization"] or {}).get("code"), one["office"]]
    assert told == shown
    assert one["capacity"] == body.get("capacity", "delegate")
    assert made.headers["location"] == listing.one(one["id"])
    assert (await listing.admin.get(made.headers["location"])).json() == one
    assert await listing.status(one["id"]) == "expected"
    assert (await listing.summary())["invited"] == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"official": HASYIM, "name": "Hasyim"}, ""),
        ({"capacity": "guest"}, ""),
        ({"official": NOBODY}, "/official"),
        ({"name": "Siti", "organization": "no-such"}, "/organization"),
        ({"name": "Siti", "sessions": ["no-such"]}, "/sessions"),
        ({"name": "Siti", "represents": NOBODY}, "/represents"),
        ({"name": "Siti", "status": "present"}, "/status"),
    ],
    ids=["two persons", "nobody", "official", "organization", "session", "represents", "status"],
)
async def test_what_makes_no_sense_is_refused(listing: Listing, body: dict[str, Any], pointer: str) -> None:
    answer = await listing.post(body)
    assert answer.status_code == 422
    assert (answer.json()["errors"][0].get("pointer") or "").startswith(pointer)
    assert await listing.listed() == []


async def test_a_person_stands_on_a_list_once(listing: Listing, app: Any, client: Any) -> None:
    await listing.add(name=None, official=HASYIM)
    again = await listing.post({"official": HASYIM, "organization": "kpu"})
    assert refused(again)[:3] == (409, "already_exists", "/official")
    other = await Listing.of_new_meeting(app, client)
    assert (await other.post({"official": HASYIM})).status_code == 201


async def test_of_no_meeting_there_is_no_list(listing: Listing) -> None:
    listing.meeting = "no-such"
    assert (await listing.post({"name": "Siti"})).status_code == 404


async def test_a_letter_is_merged_and_taken_away(listing: Listing) -> None:
    id_ = await listing.add(assignment_letter=LETTER)
    dated = await listing.admin.patch(listing.one(id_), {"assignment_letter": {"dated_on": "2026-12-02"}})
    assert dated.json()["assignment_letter"] == {**LETTER, "dated_on": "2026-12-02"}
    numberless = await listing.admin.patch(listing.one(id_), {"assignment_letter": {"number": None}})
    assert numberless.json()["assignment_letter"] == {"number": None, "dated_on": "2026-12-02"}
    gone = await listing.admin.patch(listing.one(id_), {"assignment_letter": None})
    assert (gone.json()["assignment_letter"], gone.json()["revision"]) == (None, 4)


async def test_a_day_that_no_calendar_has_is_refused(listing: Listing) -> None:
    for day in ("1899-12-31", "2200-01-01", "2026-02-30"):
        answer = await listing.post({"name": "Siti", "assignment_letter": {"dated_on": day}})
        assert answer.status_code == 422, day


async def test_new_sessions_are_one_revision(listing: Listing) -> None:
    id_ = await listing.add(sessions=["opening", "class-1"])
    moved = await listing.admin.patch(listing.one(id_), {"sessions": ["class-2", "opening"], "reason": "pindah kelas"})
    assert (moved.status_code, moved.json()["sessions"]) == (200, ["class-2", "opening"])
    assert moved.json()["revision"] == 2
    revisions = (await listing.admin.get(f"{listing.one(id_)}/revisions")).json()["items"]
    assert [one["reason"] for one in revisions] == [None, "pindah kelas"]
    assert (await listing.admin.patch(listing.one(id_), {"sessions": []})).json()["sessions"] == []


async def test_what_says_nothing_new_is_no_revision(listing: Listing) -> None:
    members = {"sessions": ["opening", "class-1"], "assignment_letter": LETTER, "organization": "kpu-32"}
    id_ = await listing.add(**members)
    before = await listing.admin.get(listing.one(id_))
    same = await listing.admin.patch(listing.one(id_), {**members, "sessions": ["class-1", "opening"]})
    assert (same.status_code, same.content) == (200, before.content)


async def test_a_change_names_the_revision_that_it_has_read(listing: Listing) -> None:
    id_ = await listing.add()
    stale = (await listing.admin.get(listing.one(id_))).headers["etag"]
    assert (await listing.admin.patch(listing.one(id_), {"note": "a"}, match=stale)).status_code == 200
    again = await listing.admin.patch(listing.one(id_), {"note": "b"}, match=stale)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    headers = {**listing.admin.headers, "Content-Type": "application/merge-patch+json"}
    unconditional = await listing.client.patch(listing.one(id_), content=b'{"note": "b"}', headers=headers)
    assert unconditional.status_code == 428


async def test_a_change_of_the_list_leaves_the_status_alone(listing: Listing) -> None:
    id_ = await listing.add()
    sick = await listing.admin.patch(f"{listing.at}/attendance/{id_}", {"status": "sick", "reason": "opname"})
    assert sick.status_code == 200, sick.text
    assert (await listing.admin.patch(listing.one(id_), {"name": "Siti Lain", "note": None})).status_code == 200
    assert await listing.status(id_) == "sick"


async def test_a_dry_run_keeps_nothing(listing: Listing) -> None:
    dry = await listing.admin.post(f"{listing.at}/participants?dry_run=true", {"name": "Siti"})
    assert (dry.status_code, dry.json()["name"]) == (200, "Siti")
    assert await listing.listed() == []
    assert (await listing.summary())["invited"] == 0


async def test_a_line_in_the_trail_names_whom_it_was_about(listing: Listing) -> None:
    id_ = await listing.add()
    keys = "SELECT array_agg(operation ORDER BY id) FROM audit_lines WHERE $1 = ANY (keys)"
    await listing.admin.patch(listing.one(id_), {"note": "a"})
    await listing.admin.delete(listing.one(id_))
    operations = ["create_participant", "update_participant", "delete_participant"]
    assert await fetch(listing.url, keys, f"participants/{id_}") == operations


async def test_only_the_host_and_who_is_above_it_write_it(listing: Listing, app: Any, client: Any) -> None:
    scopes = (Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ)
    host = Calls.of(app, client, *scopes, organization="kpu")
    assert (await host.post(f"{listing.at}/participants", {"name": "Siti"})).status_code == 201
    elsewhere = Calls.of(app, client, *scopes, organization="kpu-32")
    assert (await elsewhere.post(f"{listing.at}/participants", {"name": "Budi"})).status_code == 404
    (one,) = await listing.listed()
    for answer in (
        await elsewhere.patch(listing.one(one["id"]), {"note": "x"}),
        await elsewhere.delete(listing.one(one["id"])),
        await elsewhere.post(f"{listing.at}/participants:batch", {"participants": [{"name": "Budi"}]}),
        await elsewhere.post(f"{listing.at}/participants:in-office", {"organizations": ["kpu-32"]}),
    ):
        assert answer.status_code == 404, answer.text
    assert await listing.names() == ["Siti"]
