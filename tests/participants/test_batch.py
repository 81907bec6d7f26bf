"""Many on a list at once: all of them, or none."""

from typing import Any

import httpx
import pytest

from tests.conftest import fetch
from tests.participants.lists import NOBODY, Listing, refused
from tests.writes.objects import HASYIM


async def batch(listing: Listing, *people: dict[str, Any], **how: Any) -> httpx.Response:
    return await listing.admin.post(f"{listing.at}/participants:batch", {"participants": people}, **how)


async def test_all_are_told_in_their_order(listing: Listing) -> None:
    people: list[dict[str, Any]] = [
        {"official": HASYIM, "organization": "kpu", "office": "chair", "sessions": ["opening", "class-2"]},
        {"name": "Budi Contoh", "capacity": "guest", "assignment_letter": {"number": "1"}},
        {"organization": "kpu-33", "office": "chair"},
    ]
    answer = await batch(listing, *people)
    assert answer.status_code == 201, answer.text
    told = answer.json()["registered"]
    assert [one["name"] for one in told] == [None, "Budi Contoh", None]
    assert (told[0]["official"]["name"], told[2]["organization"]["code"]) == ("Hasyim Asy'ari", "kpu-33")
    listed = await listing.listed()
    assert [one["id"] for one in listed] == [one["id"] for one in told]
    assert (listed[0]["sessions"], listed[1]["assignment_letter"]["number"]) == (["class-2", "opening"], "1")
    assert (await listing.summary())["invited"] == 3
    assert await fetch(listing.url, "SELECT count(*) FROM attendance WHERE meeting = $1", listing.meeting) == 3


@pytest.mark.parametrize(
    ("culprit", "told"),
    [
        ({"official": NOBODY}, (422, "invalid_content", "/participants/2/official")),
        ({"official": HASYIM}, (409, "already_exists", "/participants/2/official")),
        ({"name": "S", "organization": "no-such"}, (422, "invalid_content", "/participants/2/organization")),
        ({"name": "S", "sessions": ["class-1", "class-2"]}, (409, "parallel_sessions", "/participants/2/sessions")),
        ({"name": "S", "sessions": ["no-such"]}, (422, "invalid_content", "/participants/2/sessions")),
        ({"name": "S", "represents": NOBODY}, (422, "invalid_content", "/participants/2/represents")),
        ({"name": ""}, (422, "invalid_content", "/participants/2/name")),
    ],
    ids=["official", "twice", "organization", "parallel", "session", "represents", "name"],
)
async def test_the_one_that_cannot_be_is_named(
    listing: Listing, culprit: dict[str, Any], told: tuple[int, str, str]
) -> None:
    answer = await batch(listing, {"official": HASYIM}, {"name": "Budi"}, culprit, {"name": "Tuti"})
    assert refused(answer)[:3] == told
    assert await listing.listed() == []
    assert (await listing.summary())["invited"] == 0


async def test_it_is_sent_again_without_harm(listing: Listing) -> None:
    first = await batch(listing, {"name": "Siti"}, {"name": "Budi"}, key=f"again-{listing.meeting}")
    again = await batch(listing, {"name": "Siti"}, {"name": "Budi"}, key=f"again-{listing.meeting}")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await listing.names() == ["Siti", "Budi"]


async def test_it_is_long_and_not_empty(listing: Listing) -> None:
    assert (await batch(listing)).status_code == 422
    people = [{"name": f"Orang {n}", "organization": "kpu-32"} for n in range(501)]
    assert (await batch(listing, *people)).status_code == 422
    assert (await batch(listing, *people[:500])).status_code == 201
    assert (await listing.summary())["invited"] == 500


async def test_each_has_a_revision_and_stands_in_the_line(listing: Listing) -> None:
    ids = [one["id"] for one in (await batch(listing, {"name": "Siti"}, {"name": "Budi"})).json()["registered"]]
    keys = "SELECT keys FROM audit_lines WHERE operation = 'create_participants' AND $1 = ANY (keys)"
    assert sorted(await fetch(listing.url, keys, f"participants/{ids[0]}")) == sorted(f"participants/{n}" for n in ids)
    for id_ in ids:
        (revision,) = (await listing.admin.get(f"{listing.one(id_)}/revisions")).json()["items"]
        assert (revision["revision"], revision["action"]) == (1, "created")


async def test_of_no_meeting_there_is_no_batch(listing: Listing) -> None:
    listing.meeting = "no-such"
    assert (await batch(listing, {"name": "Siti"})).status_code == 404
