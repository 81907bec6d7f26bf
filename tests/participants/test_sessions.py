"""Who is assigned to which sessions: to no two that run side by side."""

import asyncio

from tests.participants.lists import Listing, refused


async def test_side_by_side_is_refused_with_the_other(listing: Listing) -> None:
    answer = await listing.post({"name": "Siti", "sessions": ["class-1", "class-2"]})
    status, code, pointer, address = refused(answer)
    assert (status, code, pointer) == (409, "parallel_sessions", "/sessions")
    assert address in [f"{listing.at}/sessions/class-{n}" for n in (1, 2)]
    assert await listing.listed() == []


async def test_one_of_each_group_is_not_side_by_side(listing: Listing) -> None:
    id_ = await listing.add(sessions=["opening", "class-1"])
    answer = await listing.admin.patch(listing.one(id_), {"sessions": ["opening", "class-1", "class-2"]})
    assert refused(answer)[:3] == (409, "parallel_sessions", "/sessions")
    assert (await listing.admin.get(listing.one(id_))).json()["sessions"] == ["class-1", "opening"]


async def test_a_session_does_not_move_beside_another_of_theirs(listing: Listing) -> None:
    await listing.add(sessions=["opening", "class-1"])
    answer = await listing.admin.patch(f"{listing.at}/sessions/opening", {"parallel_group": "c", "track": 3})
    assert refused(answer)[:2] == (409, "parallel_sessions")


async def test_two_writers_do_not_put_one_into_both(listing: Listing) -> None:
    """The two may both be answered, one after the other: what must not be is that the person is in both."""
    for _ in range(5):
        id_ = await listing.add()
        both = [listing.admin.patch(listing.one(id_), {"sessions": [f"class-{n}"]}) for n in (1, 2)]
        answers = await asyncio.gather(*both)
        assert {one.status_code for one in answers} <= {200, 409}
        assert len((await listing.admin.get(listing.one(id_))).json()["sessions"]) == 1


async def test_a_session_is_given_once(listing: Listing) -> None:
    answer = await listing.post({"name": "Siti", "sessions": ["opening", "opening"]})
    assert refused(answer)[:3] == (409, "already_exists", "/sessions")


async def test_a_session_that_somebody_is_assigned_to_stays(listing: Listing) -> None:
    id_ = await listing.add(sessions=["opening"])
    answer = await listing.admin.delete(f"{listing.at}/sessions/opening")
    assert refused(answer)[:2] == (409, "in_use")
    assert "participants" not in answer.text.replace("in_use", "")  # on whose list they stand is no business of it
    assert (await listing.admin.patch(listing.one(id_), {"sessions": []})).status_code == 200
    assert (await listing.admin.delete(f"{listing.at}/sessions/opening")).status_code == 204
