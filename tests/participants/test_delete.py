"""Taking somebody off a list: nothing of them stays on it, and what gates have seen stays."""

from tests.conftest import fetch
from tests.participants.lists import Listing

HELD = (
    "SELECT count(*) FROM (SELECT FROM attendance WHERE participant = $1 UNION ALL SELECT FROM participant_sessions"
    " WHERE participant = $1 UNION ALL SELECT FROM participants WHERE id = $1) AS held"
)


async def test_nothing_of_them_is_counted(listing: Listing) -> None:
    id_ = await listing.add(organization="kpu-32", office="chair", sessions=["opening", "class-1"])
    await listing.add(name="Budi")
    assert await fetch(listing.url, HELD, id_) == 4
    assert (await listing.admin.delete(listing.one(id_))).status_code == 204
    assert await fetch(listing.url, HELD, id_) == 0
    assert (await listing.summary())["invited"] == 1
    for by in ("organization", "office", "session"):
        groups = (await listing.admin.get(f"{listing.at}/attendance/summary?by={by}")).json()["groups"]
        assert [(one["key"], one["invited"]) for one in groups] == [(None, 1)], by
    for address in (listing.one(id_), f"{listing.at}/attendance/{id_}", f"{listing.one(id_)}/badge"):
        assert (await listing.admin.get(address)).status_code == 404


async def test_their_scans_stay_and_are_of_nobody_invited(listing: Listing) -> None:
    id_ = await listing.add()
    await listing.comes(id_)
    assert (await listing.summary())["present"] == 1
    assert (await listing.admin.delete(listing.one(id_))).status_code == 204
    (scan,) = (await listing.admin.get(f"{listing.at}/check-ins")).json()["items"]
    assert (scan["outcome"], scan["reported_outcome"], scan["participant"]) == ("not_invited", "first_entry", None)
    assert (await listing.summary())["present"] == 0


async def test_their_badge_opens_no_door(listing: Listing) -> None:
    id_ = await listing.add()
    badge = (await listing.admin.get(f"{listing.one(id_)}/badge")).json()
    assert (await listing.admin.get(f"{listing.at}/gate-pack")).json()["revoked"] == []
    await listing.admin.delete(listing.one(id_))
    assert (await listing.admin.get(f"{listing.at}/gate-pack")).json()["revoked"] == [badge["id"]]
    instant = "2026-12-07T02:00:00Z"
    scan = {
        "scan_id": id_,
        "badge": badge["token"],
        "scanned_at": instant,
        "device_sent_at": instant,
        "device_id": "gate",
    }
    answer = await listing.admin.post(f"{listing.at}/check-ins", scan)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "not_invited")


async def test_what_was_written_of_them_stays(listing: Listing) -> None:
    id_ = await listing.add(name="Siti Contoh")
    assert (await listing.admin.delete(listing.one(id_), {"reason": "batal"})).status_code == 204
    revisions = (await listing.admin.get(f"{listing.one(id_)}/revisions")).json()["items"]
    assert [(one["action"], one["reason"]) for one in revisions] == [("created", None), ("deleted", "batal")]


async def test_it_needs_the_revision_that_was_read(listing: Listing) -> None:
    id_ = await listing.add()
    assert (await listing.admin.delete(listing.one(id_), match='"9.x"')).status_code == 412
    bare = await listing.client.delete(listing.one(id_), headers=listing.admin.headers)
    assert bare.status_code == 428
    assert (await listing.admin.delete(listing.one(id_))).status_code == 204
    assert (await listing.admin.delete(listing.one(id_))).status_code == 404
