"""Members that stand in tables of their own: what stays of them, and what each costs."""

from typing import Any

import pytest

from tests.conftest import fetch_value
from tests.writes.calls import Calls
from tests.writes.objects import MEETING

AT = "/v1/regions/93.03"
MORE = {"code": "91.97", "parent": "91"}
PROVENANCE = "SELECT source || verified::text FROM region_codes WHERE code = $1"
COUNTED = """
    CREATE TABLE counted (n int);
    CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO counted VALUES (1); RETURN NULL; END $$;
    CREATE TRIGGER count_it AFTER UPDATE ON meetings FOR EACH ROW EXECUTE FUNCTION count_it()"""


async def previous_codes(calls: Calls) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await calls.get(AT)).json()["previous_codes"]
    return [{"code": one["code"], "parent": one["parent"]["code"], "until": one["until"]} for one in found]


async def test_a_code_that_stays_keeps_where_it_is_from(calls: Calls, own_url: str) -> None:
    held = await previous_codes(calls)
    before = await fetch_value(own_url, PROVENANCE, held[0]["code"])
    assert before
    changed = await calls.patch(AT, {"previous_codes": [MORE, *held]})
    assert changed.status_code == 200, changed.text
    assert await fetch_value(own_url, PROVENANCE, held[0]["code"]) == before
    changed = await calls.patch(AT, {"previous_codes": [{**held[0], "until": "2020-01-01"}]})
    assert [one["until"] for one in changed.json()["previous_codes"]] == ["2020-01-01"]
    assert await fetch_value(own_url, PROVENANCE, held[0]["code"]) == before
    assert (await calls.get("/v1/regions/91.97")).status_code == 404


async def test_their_order_is_no_change(calls: Calls) -> None:
    two = (await calls.patch(AT, {"previous_codes": [*await previous_codes(calls), MORE]})).json()
    assert len(two["previous_codes"]) == 2
    turned = await calls.patch(AT, {"previous_codes": list(reversed(await previous_codes(calls)))})
    assert (turned.status_code, turned.json()["revision"]) == (200, two["revision"])


async def test_one_is_given_once(calls: Calls) -> None:
    held = await previous_codes(calls)
    twice = await calls.patch(AT, {"previous_codes": [*held, *held]})
    assert (twice.status_code, twice.json()["code"]) == (409, "already_exists")
    assert "address" not in twice.json()["errors"][0]  # nothing but the request itself is in its way


async def test_the_order_of_those_that_have_one_is_a_change(calls: Calls) -> None:
    speakers = [{"name": "Satu Contoh"}, {"name": "Dua Contoh"}]
    body = {"code": "x", "position": 50, "kind": "plenary", "name": "X", "speakers": speakers}
    made = await calls.post(f"{MEETING}/sessions", body)
    assert made.status_code == 201, made.text
    turned = await calls.patch(made.headers["location"], {"speakers": speakers[::-1]})
    assert [one["name"] for one in turned.json()["speakers"]] == ["Dua Contoh", "Satu Contoh"]
    assert turned.json()["revision"] == 2


@pytest.mark.parametrize("number", [1, 50])
async def test_a_whole_is_made_anew_a_few_times_whatever_their_number(calls: Calls, own_url: str, number: int) -> None:
    corrections = [{"field": "name", "printed": f"p{n}", "recorded": "h", "reason": "r"} for n in range(number)]
    for statement in COUNTED.split(";\n    CREATE "):
        await fetch_value(own_url, statement if statement.strip().startswith("CREATE") else f"CREATE {statement}")
    changed = await calls.patch(MEETING, {"source": {"corrections": corrections}})
    assert changed.status_code == 200, changed.text
    assert len(changed.json()["source"]["corrections"]) == number
    assert await fetch_value(own_url, "SELECT count(*) FROM counted") <= 3
