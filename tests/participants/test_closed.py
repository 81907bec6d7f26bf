"""A list whose roll is closed: nobody is put on it, changed or taken off it."""

import asyncio

from tests.participants.lists import Listing, refused


async def test_nothing_of_it_is_written(listing: Listing) -> None:
    id_ = await listing.add(name="Siti")
    await listing.close()
    for answer in (
        await listing.post({"name": "Budi"}),
        await listing.admin.post(f"{listing.at}/participants:batch", {"participants": [{"name": "Budi"}]}),
        await listing.admin.post(f"{listing.at}/participants:in-office", {"organizations": ["kpu-31"]}),
        await listing.admin.patch(listing.one(id_), {"name": "Budi"}),
        await listing.admin.delete(listing.one(id_)),
    ):
        assert refused(answer)[:2] == (409, "roll_closed")
    assert await listing.names() == ["Siti"]
    assert (await listing.summary())["invited"] == 1


async def test_what_was_answered_before_is_answered_so_again(listing: Listing) -> None:
    key = f"before-{listing.meeting}"
    first = await listing.post({"name": "Siti"}, key=key)
    await listing.close()
    again = await listing.post({"name": "Siti"}, key=key)
    assert (again.status_code, again.content) == (201, first.content)


async def test_each_that_was_answered_is_on_it_and_nobody_else(listing: Listing) -> None:
    """However the closing falls among them."""
    posts = [listing.post({"name": f"Orang {n}"}) for n in range(12)]
    answers = await asyncio.gather(*posts[:6], listing.close(), *posts[6:])
    statuses = [one.status_code for one in answers if one is not None]
    assert set(statuses) <= {201, 409}
    assert len(await listing.listed()) == statuses.count(201)
