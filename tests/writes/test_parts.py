"""Members stored in tables of their own: the rows that change, and the number of statements."""

from typing import Any

import pytest

from tests.conftest import fetch_value
from tests.writes.object_examples import MEETING_PATH, OFFICIAL_ID
from tests.writes.write_client import WriteClient

REGION_PATH = "/v1/regions/93.03"
OTHER_CODE = {"code": "91.97", "parent": "91"}
PROVENANCE = "SELECT source || verified::text FROM region_codes WHERE code = $1"
COUNT_UPDATES = """
    CREATE TABLE counted (n int);
    CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO counted VALUES (1); RETURN NULL; END $$;
    CREATE TRIGGER count_it AFTER UPDATE ON meetings FOR EACH ROW EXECUTE FUNCTION count_it()"""


async def previous_codes(api: WriteClient) -> list[dict[str, Any]]:
    codes: list[dict[str, Any]] = (await api.get(REGION_PATH)).json()["previous_codes"]
    return [{"code": item["code"], "parent": item["parent"]["code"], "until": item["until"]} for item in codes]


async def test_kept_part_keeps_its_source(api: WriteClient, own_url: str) -> None:
    current = await previous_codes(api)
    before = await fetch_value(own_url, PROVENANCE, current[0]["code"])
    assert before
    changed = await api.patch(REGION_PATH, {"previous_codes": [OTHER_CODE, *current]})
    assert changed.status_code == 200, changed.text
    assert await fetch_value(own_url, PROVENANCE, current[0]["code"]) == before
    changed = await api.patch(REGION_PATH, {"previous_codes": [{**current[0], "until": "2020-01-01"}]})
    assert [item["until"] for item in changed.json()["previous_codes"]] == ["2020-01-01"]
    assert await fetch_value(own_url, PROVENANCE, current[0]["code"]) == before
    assert (await api.get("/v1/regions/91.97")).status_code == 404


async def test_reordering_unordered_parts_is_no_change(api: WriteClient) -> None:
    both = (await api.patch(REGION_PATH, {"previous_codes": [*await previous_codes(api), OTHER_CODE]})).json()
    assert len(both["previous_codes"]) == 2
    reordered = await api.patch(REGION_PATH, {"previous_codes": list(reversed(await previous_codes(api)))})
    assert (reordered.status_code, reordered.json()["revision"]) == (200, both["revision"])


async def test_repeated_part_is_409(api: WriteClient) -> None:
    current = await previous_codes(api)
    response = await api.patch(REGION_PATH, {"previous_codes": [*current, *current]})
    assert (response.status_code, response.json()["code"]) == (409, "already_exists")
    assert "address" not in response.json()["errors"][0]  # the request conflicts only with itself


async def test_reordering_ordered_parts_is_a_change(api: WriteClient) -> None:
    speakers = [{"name": "Satu Contoh"}, {"name": "Dua Contoh"}]
    body = {"code": "x", "position": 50, "kind": "plenary", "name": "X", "speakers": speakers}
    created = await api.post(f"{MEETING_PATH}/sessions", body)
    assert created.status_code == 201, created.text
    reordered = await api.patch(created.headers["location"], {"speakers": speakers[::-1]})
    assert [item["name"] for item in reordered.json()["speakers"]] == ["Dua Contoh", "Satu Contoh"]
    assert reordered.json()["revision"] == 2


@pytest.mark.parametrize("number", [1, 50])
async def test_number_of_updates_of_the_object_does_not_depend_on_the_number_of_parts(
    api: WriteClient, own_url: str, number: int
) -> None:
    corrections = [{"field": "name", "printed": f"p{n}", "recorded": "h", "reason": "r"} for n in range(number)]
    for statement in COUNT_UPDATES.split(";\n    CREATE "):
        await fetch_value(own_url, statement if statement.strip().startswith("CREATE") else f"CREATE {statement}")
    changed = await api.patch(MEETING_PATH, {"source": {"corrections": corrections}})
    assert changed.status_code == 200, changed.text
    assert len(changed.json()["source"]["corrections"]) == number
    assert await fetch_value(own_url, "SELECT count(*) FROM counted") <= 3


async def test_session_can_join_a_parallel_group_and_replace_its_speaker_in_one_patch(api: WriteClient) -> None:
    """Its former speaker also speaks in another session of the group."""
    list_path = f"{MEETING_PATH}/sessions"
    speaks = {"kind": "class", "speakers": [{"official": OFFICIAL_ID}]}
    await api.post(list_path, {**speaks, "code": "a", "position": 20, "name": "A", "parallel_group": "g", "track": 1})
    other = await api.post(list_path, {**speaks, "code": "b", "position": 21, "name": "B"})
    parallel = {"parallel_group": "g", "track": 2}
    response = await api.patch(other.headers["location"], parallel)
    assert (response.status_code, response.json()["code"]) == (409, "parallel_sessions")
    accepted = await api.patch(other.headers["location"], {**parallel, "speakers": [{"name": "Budi Contoh"}]})
    assert (accepted.status_code, accepted.json()["revision"]) == (200, 2), accepted.text
