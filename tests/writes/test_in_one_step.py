"""What is right as a whole is taken in one step, whatever its parts were before."""

from tests.writes.object_examples import MEETING_PATH, OFFICIAL_ID
from tests.writes.write_client import WriteClient


async def test_a_session_joins_a_group_as_its_speaker_leaves(calls: WriteClient) -> None:
    """The speaker of another session of the group may not stay, and does not."""
    at = f"{MEETING_PATH}/sessions"
    speaks = {"kind": "class", "speakers": [{"official": OFFICIAL_ID}]}
    await calls.post(at, {**speaks, "code": "a", "position": 20, "name": "A", "parallel_group": "g", "track": 1})
    alone = await calls.post(at, {**speaks, "code": "b", "position": 21, "name": "B"})
    joins = {"parallel_group": "g", "track": 2}
    refused = await calls.patch(alone.headers["location"], joins)
    assert (refused.status_code, refused.json()["code"]) == (409, "parallel_sessions")
    taken = await calls.patch(alone.headers["location"], {**joins, "speakers": [{"name": "Budi Contoh"}]})
    assert (taken.status_code, taken.json()["revision"]) == (200, 2), taken.text
