"""Every resource is created, read, changed and deleted as its contract says."""

from typing import Any

import httpx
import pytest

from tests.writes.object_examples import OBJECT_EXAMPLES, ObjectExample
from tests.writes.write_client import WriteClient


@pytest.fixture(params=OBJECT_EXAMPLES)
def made(request: pytest.FixtureRequest) -> ObjectExample:
    return OBJECT_EXAMPLES[request.param]


def own(document: Any, names: Any) -> dict[str, Any]:
    """The members of these names, with what is mentioned as its code or id."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict) and value.keys() in ({"code", "name"}, {"id", "name"}):
            return value.get("code", value.get("id"))
        return value

    return {name: bare(document[name]) for name in names if name in document}


PLAIN = {"speakers", "source", "previous_codes", "starts_at", "ends_at"}


async def test_what_is_created_is_read(calls: WriteClient, made: ObjectExample) -> None:
    answer = await calls.post(made.list_path, made.payload)
    assert answer.status_code == 201, answer.text
    document, address = answer.json(), answer.headers["location"]
    plain = {name: value for name, value in made.payload.items() if name not in PLAIN}
    assert own(document, plain) == plain
    assert document["revision"] == 1
    read = await calls.http.get(address)
    assert read.json() == document
    assert read.headers["etag"].partition("-")[0].strip('"') == answer.headers["etag"].strip('"')
    assert answer.headers["cache-control"] == "no-store"


async def test_a_dry_run_keeps_nothing(calls: WriteClient, made: ObjectExample) -> None:
    headers = dict(calls.headers)
    dry = await calls.http.post(f"{made.list_path}?dry_run=true", json=made.payload, headers=headers)
    assert (dry.status_code, "location" in dry.headers) == (200, False)
    real = await calls.post(made.list_path, made.payload)
    assert real.status_code == 201
    gone = {"id", "updated_at"}
    assert {**dry.json(), **dict.fromkeys(gone)} == {**real.json(), **dict.fromkeys(gone)}
    dry = await calls.http.request(
        "DELETE", f"{real.headers['location']}?dry_run=true", headers={**headers, "If-Match": "*"}
    )
    assert dry.status_code == 204
    assert (await calls.get(real.headers["location"])).status_code == 200


async def test_a_patch_changes_what_it_names(calls: WriteClient, made: ObjectExample) -> None:
    created = await calls.post(made.list_path, made.payload)
    address = created.headers["location"]
    answer = await calls.patch(address, made.patch, if_match=created.headers["etag"])
    assert answer.status_code == 200, answer.text
    before, after = created.json(), answer.json()
    assert after["revision"] == 2
    assert own(after, made.patched) == made.patched
    touched = {*made.patch, "revision", "updated_at", "status", "days_until_end", "legal_basis"}
    assert {name: after[name] for name in after if name not in touched} == {
        name: before[name] for name in before if name not in touched
    }
    assert (await calls.get(address)).json() == after


async def test_a_patch_that_changes_nothing_makes_no_revision(calls: WriteClient, made: ObjectExample) -> None:
    created = await calls.post(made.list_path, made.payload)
    address = created.headers["location"]
    same = {name: value for name, value in made.payload.items() if name != "code"}
    answer = await calls.patch(address, {**same, "reason": "again"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == created.headers["etag"]
    assert answer.content == created.content
    assert len((await calls.get(f"{address}/revisions")).json()["items"]) == 1


async def test_deleting_leaves_a_tombstone(calls: WriteClient, made: ObjectExample) -> None:
    created = await calls.post(made.list_path, made.payload)
    address = created.headers["location"]
    answer = await calls.delete(address, {"reason": "recorded in error"}, if_match=created.headers["etag"])
    assert (answer.status_code, answer.content) == (204, b""), answer.text
    assert (await calls.get(address)).status_code == 404
    first, last = (await calls.get(f"{address}/revisions")).json()["items"]
    assert (first["action"], first["before"]) == ("created", None)
    assert (last["action"], last["after"], last["reason"]) == ("deleted", None, "recorded in error")
    assert (last["revision"], last["before"]) == (2, first["after"])
    again = await calls.delete(address)
    assert again.status_code == 404


async def test_a_revision_tells_what_changed(calls: WriteClient, made: ObjectExample) -> None:
    created = await calls.post(made.list_path, made.payload)
    address = created.headers["location"]
    note = {"reason": "a mistake", "legal_basis": "PKPU 1/2030"}
    changed = await calls.patch(address, {**made.patch, **note})
    revisions = (await calls.get(f"{address}/revisions?sort=-revision")).json()["items"]
    newest = revisions[0]
    assert (newest["revision"], newest["action"], newest["made_by"]) == (2, "updated", "tester")
    assert (newest["reason"], newest["legal_basis"]) == ("a mistake", "PKPU 1/2030")
    assert newest["request_id"] == changed.headers["x-request-id"]
    assert newest["before"] == revisions[1]["after"]
    different = {
        name: (newest["before"].get(name), newest["after"][name])
        for name in newest["after"]
        if newest["before"].get(name) != newest["after"][name]
    }
    assert {one["member"]: (one["before"], one["after"]) for one in newest["changes"]} == different
    assert different


@pytest.mark.parametrize("bad", ['"1.0"', 'W/"1.abc"', '"2"', "1", '"11.abc"', '"x", "y"'])
async def test_a_stale_tag_changes_nothing(calls: WriteClient, bad: str) -> None:
    made = OBJECT_EXAMPLES["elections"]
    created = await calls.post(made.list_path, made.payload)
    address = created.headers["location"]
    changed = await calls.patch(address, {"name": "Pemilu"})
    for answer in (await calls.patch(address, {"name": "X"}, if_match=bad), await calls.delete(address, if_match=bad)):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
        assert answer.headers["etag"] == changed.headers["etag"]
    assert (await calls.get(address)).json() == changed.json()


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_the_tag_that_was_read_opens_the_change(calls: WriteClient, coding: str) -> None:
    """A compressed form has another tag, and its reader knows the object as well."""
    read = await calls.http.get("/v1/organizations/kpu", headers={"Accept-Encoding": coding})
    answer = await calls.patch("/v1/organizations/kpu", {"seats": 9}, if_match=read.headers["etag"])
    assert answer.status_code == 200


async def test_without_a_tag_nothing_is_overwritten(calls: WriteClient) -> None:
    headers = {**calls.headers, "Content-Type": "application/merge-patch+json"}
    patch = await calls.http.patch("/v1/regions/31", content=b"{}", headers=headers)
    delete = await calls.http.delete("/v1/regions/31", headers=dict(calls.headers))
    for answer in (patch, delete):
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


async def test_what_the_record_holds_fits_what_may_be_written(calls: WriteClient) -> None:
    """Else a patch of one member would be refused for another that nobody touched."""
    for path in (
        "regions",
        "organizations",
        "divisions",
        "officials",
        "appointments",
        "elections",
        "stages",
        "meetings",
    ):
        listed = (await calls.get(f"/v1/{path}?page_size=200")).json()["items"]
        for one in listed[:: max(1, len(listed) // 40)]:
            answer: httpx.Response = await calls.patch(f"/v1/{path}/{one.get('code', one.get('id'))}", {})
            assert answer.status_code == 200, (path, answer.text)
            assert answer.json()["revision"] == one["revision"]
