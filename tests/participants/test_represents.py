"""In whose place somebody comes, and in whose place that one should have come."""

from tests.participants.lists import Listing, refused

FAMILY = ("Kepala", "Wakil", "Pengganti", "Utusan")


async def chain(listing: Listing, length: int = 4) -> list[str]:
    """The first is represented by the second, that one by the third …"""
    ids: list[str] = []
    for name in FAMILY[:length]:
        ids.append(await listing.add(name=name, represents=ids[-1] if ids else None))
    return ids


async def test_one_names_whom_it_comes_for(listing: Listing) -> None:
    first, second = await chain(listing, 2)
    one = (await listing.admin.get(listing.one(second))).json()
    assert one["represents"] == {"id": first, "name": "Kepala"}
    assert one["representation_chain"] == [{"id": first, "name": "Kepala"}]
    assert (await listing.admin.get(listing.one(first))).json()["representation_chain"] == []


async def test_a_chain_is_told_to_its_end(listing: Listing) -> None:
    ids = await chain(listing)
    told = (await listing.admin.get(listing.one(ids[3]))).json()["representation_chain"]
    assert [one["name"] for one in told] == ["Pengganti", "Wakil", "Kepala"]
    by_name = {one["name"]: one["representation_chain"] for one in await listing.listed()}
    assert [one["id"] for one in by_name["Pengganti"]] == [ids[1], ids[0]]


async def test_it_comes_back_to_nobody(listing: Listing) -> None:
    ids = await chain(listing, 3)
    for id_, above in ((ids[0], ids[2]), (ids[0], ids[1]), (ids[1], ids[1])):
        answer = await listing.admin.patch(listing.one(id_), {"represents": above})
        assert refused(answer)[:3] == (409, "circular_representation", "/represents")
    assert (await listing.admin.get(listing.one(ids[0]))).json()["represents"] is None


async def test_it_has_sixteen_steps_at_most(listing: Listing) -> None:
    above = None
    for n in range(17):
        above = await listing.add(name=f"Orang {n}", represents=above)
    answer = await listing.post({"name": "Terlalu jauh", "represents": above})
    assert refused(answer)[:2] == (409, "circular_representation")
    told = (await listing.admin.get(listing.one(str(above)))).json()["representation_chain"]
    assert [one["name"] for one in told] == [f"Orang {n}" for n in reversed(range(16))]


async def test_somebody_of_another_meeting_is_nobody(listing: Listing) -> None:
    id_ = await listing.add()
    other = await Listing.of_new_meeting(listing.app, listing.client)
    assert refused(await other.post({"name": "Siti", "represents": id_}))[:3] == (422, "invalid_content", "/represents")


async def test_whoever_is_represented_is_so_when_they_come(listing: Listing) -> None:
    first, second = await chain(listing, 2)
    assert await listing.status(first) == "expected"
    await listing.comes(second)
    assert [await listing.status(one) for one in (first, second)] == ["represented", "present"]
    summary = await listing.summary()
    assert [summary[name] for name in ("invited", "present", "represented", "expected")] == [2, 1, 1, 0]


async def test_the_last_of_a_chain_comes_for_all_above(listing: Listing) -> None:
    ids = await chain(listing)
    await listing.comes(ids[2])
    told = [await listing.status(one) for one in ids]
    assert told == ["represented", "represented", "present", "expected"]


async def test_they_come_for_whom_they_come_for_now(listing: Listing) -> None:
    first, second = await chain(listing, 2)
    other = await listing.add(name="Lain")
    await listing.comes(second)
    await listing.admin.patch(listing.one(second), {"represents": other})
    assert [await listing.status(one) for one in (first, other)] == ["expected", "represented"]
    await listing.admin.patch(listing.one(second), {"represents": None})
    assert [await listing.status(one) for one in (first, other)] == ["expected", "expected"]
    assert (await listing.summary())["represented"] == 0


async def test_who_comes_themselves_is_present(listing: Listing) -> None:
    first, second = await chain(listing, 2)
    await listing.comes(second)
    await listing.comes(first)
    assert [await listing.status(one) for one in (first, second)] == ["present", "present"]


async def test_what_is_stated_of_them_stands_though_another_comes(listing: Listing) -> None:
    first, second = await chain(listing, 2)
    await listing.admin.patch(f"{listing.at}/attendance/{first}", {"status": "sick", "reason": "opname"})
    await listing.comes(second)
    assert await listing.status(first) == "sick"
    await listing.admin.patch(f"{listing.at}/attendance/{first}", {"status": "expected", "reason": "keliru"})
    assert await listing.status(first) == "represented"


async def test_a_presence_by_hand_represents_too(listing: Listing) -> None:
    ids = await chain(listing, 3)
    await listing.admin.patch(f"{listing.at}/attendance/{ids[2]}", {"status": "present", "reason": "daftar kertas"})
    assert [await listing.status(one) for one in ids] == ["represented", "represented", "present"]


async def test_whom_somebody_comes_for_is_not_taken_off(listing: Listing) -> None:
    first, second = await chain(listing, 2)
    answer = await listing.admin.delete(listing.one(first))
    assert refused(answer)[:2] == (409, "in_use")
    assert (await listing.admin.delete(listing.one(second))).status_code == 204
    assert (await listing.admin.delete(listing.one(first))).status_code == 204
