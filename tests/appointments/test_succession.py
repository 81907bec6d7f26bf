"""A change of chair is one step."""

import asyncio

import pytest

from tests.writes.object_examples import OFFICIAL_ID
from tests.writes.write_client import WriteClient

AT = "/v1/appointments:succeed"


async def chair(calls: WriteClient) -> tuple[str, str, str]:
    """An appointment that is open, its holder, and who comes next."""
    first, second = [
        (await calls.post("/v1/officials", {"name": name})).json()["id"] for name in ("Satu Contoh", "Dua Contoh")
    ]
    content = {"official": first, "organization": "kpu-33", "office": "chair", "standing": "definitive"}
    held = await calls.post("/v1/appointments", {**content, "start_on": "2023-09-24", "source": "KPU"})
    return held.json()["id"], first, second


async def test_one_ends_and_the_next_begins(calls: WriteClient) -> None:
    ends, first, second = await chair(calls)
    succession = {
        "ends": ends,
        "end_on": "2025-03-01",
        "end_reason": "purnatugas",
        "legal_basis": "SK 1/2025",
        "begins": {"official": second, "standing": "definitive", "term": "2023-2028"},
    }
    answer = await calls.post(AT, succession)
    assert answer.status_code == 201, answer.text
    ended, begun = answer.json()["ended"], answer.json()["begun"]
    assert (ended["id"], ended["end_on"], ended["end_reason"], ended["revision"]) == (
        ends,
        "2025-03-01",
        "purnatugas",
        2,
    )
    assert (begun["official"]["id"], begun["start_on"], begun["office"]) == (second, "2025-03-01", "chair")
    assert (begun["organization"]["code"], begun["legal_basis"]) == ("kpu-33", "SK 1/2025")
    assert answer.headers["location"] == f"/v1/appointments/{begun['id']}"
    for day, holder in (("2025-02-28", first), ("2025-03-01", second)):
        roster = (await calls.get(f"/v1/organizations/kpu-33/officials?as_of={day}")).json()["items"]
        assert [one["official"]["id"] for one in roster if one["office"] == "chair"] == [holder]
    revision = (await calls.get(f"/v1/appointments/{ends}/revisions?sort=-revision")).json()["items"][0]
    assert revision["legal_basis"] == "SK 1/2025"


async def test_where_the_next_cannot_begin_the_first_does_not_end(calls: WriteClient) -> None:
    ends, _, second = await chair(calls)
    begins = {"official": second, "standing": "definitive", "start_on": "2024-01-01"}
    answer = await calls.post(AT, {"ends": ends, "end_on": "2025-03-01", "begins": begins})
    assert (answer.status_code, answer.json()["code"]) == (409, "two_definitive_holders")
    assert answer.json()["errors"][0]["address"] == f"/v1/appointments/{ends}"
    held = (await calls.get(f"/v1/appointments/{ends}")).json()
    assert (held["end_on"], held["revision"]) == (None, 1)


async def test_what_has_ended_does_not_end_again(calls: WriteClient) -> None:
    ends, _, second = await chair(calls)
    succession = {"ends": ends, "end_on": "2025-03-01", "begins": {"official": second, "standing": "acting"}}
    assert (await calls.post(AT, succession)).status_code == 201
    again = await calls.post(AT, succession)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "already_ended")


async def test_two_at_once_are_one_handover(calls: WriteClient) -> None:
    ends, _, second = await chair(calls)
    succession = {"ends": ends, "end_on": "2025-03-01", "begins": {"official": second, "standing": "acting"}}
    answers = await asyncio.gather(*(calls.post(AT, succession) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"ends": "0197c0de-0000-7000-8000-000000000000"}, "/ends"),
        ({"begins": {"official": "0197c0de-0000-7000-8000-000000000000", "standing": "acting"}}, "/official"),
        ({"end_on": "2025-13"}, "/end_on"),
        ({"end_on": "soon"}, "/end_on"),
        ({"begins": {"official": OFFICIAL_ID}}, "/begins/standing"),
    ],
)
async def test_refusals(calls: WriteClient, changed: dict[str, object], pointer: str) -> None:
    ends, _, second = await chair(calls)
    succession = {"ends": ends, "end_on": "2025-03-01", "begins": {"official": second, "standing": "acting"}}
    answer = await calls.post(AT, {**succession, **changed})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
