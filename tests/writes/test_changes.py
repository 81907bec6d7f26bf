"""Creation, change and deletion of an object of every resource."""

from typing import Any

import httpx
import pytest

from tests.writes.object_examples import OBJECT_EXAMPLES, ObjectExample
from tests.writes.write_client import WriteClient


@pytest.fixture(params=OBJECT_EXAMPLES)
def example(request: pytest.FixtureRequest) -> ObjectExample:
    return OBJECT_EXAMPLES[request.param]


def select_members(document: Any, names: Any) -> dict[str, Any]:
    """Return the members with these names, with references as their codes or ids."""

    def to_key(value: Any) -> Any:
        if isinstance(value, dict) and value.keys() in ({"code", "name"}, {"id", "name"}):
            return value.get("code", value.get("id"))
        return value

    return {name: to_key(document[name]) for name in names if name in document}


CONVERTED_MEMBERS = {"speakers", "source", "previous_codes", "starts_at", "ends_at"}


async def test_created_object_can_be_read(api: WriteClient, example: ObjectExample) -> None:
    response = await api.post(example.list_path, example.payload)
    assert response.status_code == 201, response.text
    document, address = response.json(), response.headers["location"]
    expected = {name: value for name, value in example.payload.items() if name not in CONVERTED_MEMBERS}
    assert select_members(document, expected) == expected
    assert document["revision"] == 1
    read = await api.http.get(address)
    assert read.json() == document
    assert read.headers["etag"].partition("-")[0].strip('"') == response.headers["etag"].strip('"')
    assert response.headers["cache-control"] == "no-store"


async def test_dry_run_stores_nothing(api: WriteClient, example: ObjectExample) -> None:
    headers = dict(api.headers)
    dry_run = await api.http.post(f"{example.list_path}?dry_run=true", json=example.payload, headers=headers)
    assert (dry_run.status_code, "location" in dry_run.headers) == (200, False)
    created = await api.post(example.list_path, example.payload)
    assert created.status_code == 201
    random_members = {"id", "updated_at"}
    assert {**dry_run.json(), **dict.fromkeys(random_members)} == {**created.json(), **dict.fromkeys(random_members)}
    dry_run = await api.http.request(
        "DELETE", f"{created.headers['location']}?dry_run=true", headers={**headers, "If-Match": "*"}
    )
    assert dry_run.status_code == 204
    assert (await api.get(created.headers["location"])).status_code == 200


async def test_patch_changes_only_the_members_it_names(api: WriteClient, example: ObjectExample) -> None:
    created = await api.post(example.list_path, example.payload)
    address = created.headers["location"]
    response = await api.patch(address, example.patch, if_match=created.headers["etag"])
    assert response.status_code == 200, response.text
    before, after = created.json(), response.json()
    assert after["revision"] == 2
    assert select_members(after, example.patched) == example.patched
    touched = {*example.patch, "revision", "updated_at", "status", "days_until_end", "legal_basis"}
    assert {name: after[name] for name in after if name not in touched} == {
        name: before[name] for name in before if name not in touched
    }
    assert (await api.get(address)).json() == after


async def test_patch_without_changes_creates_no_revision(api: WriteClient, example: ObjectExample) -> None:
    created = await api.post(example.list_path, example.payload)
    address = created.headers["location"]
    same = {name: value for name, value in example.payload.items() if name != "code"}
    response = await api.patch(address, {**same, "reason": "again"})
    assert response.status_code == 200, response.text
    assert response.headers["etag"] == created.headers["etag"]
    assert response.content == created.content
    assert len((await api.get(f"{address}/revisions")).json()["items"]) == 1


async def test_deleted_object_keeps_its_revisions(api: WriteClient, example: ObjectExample) -> None:
    created = await api.post(example.list_path, example.payload)
    address = created.headers["location"]
    response = await api.delete(address, {"reason": "recorded in error"}, if_match=created.headers["etag"])
    assert (response.status_code, response.content) == (204, b""), response.text
    assert (await api.get(address)).status_code == 404
    first, last = (await api.get(f"{address}/revisions")).json()["items"]
    assert (first["action"], first["before"]) == ("created", None)
    assert (last["action"], last["after"], last["reason"]) == ("deleted", None, "recorded in error")
    assert (last["revision"], last["before"]) == (2, first["after"])
    repeated = await api.delete(address)
    assert repeated.status_code == 404


async def test_revision_lists_the_changed_members(api: WriteClient, example: ObjectExample) -> None:
    created = await api.post(example.list_path, example.payload)
    address = created.headers["location"]
    reason = {"reason": "a mistake", "legal_basis": "PKPU 1/2030"}
    changed = await api.patch(address, {**example.patch, **reason})
    revisions = (await api.get(f"{address}/revisions?sort=-revision")).json()["items"]
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
    assert {change["member"]: (change["before"], change["after"]) for change in newest["changes"]} == different
    assert different


@pytest.mark.parametrize("stale_tag", ['"1.0"', 'W/"1.abc"', '"2"', "1", '"11.abc"', '"x", "y"', '"2.a'])
async def test_stale_if_match_is_412(api: WriteClient, stale_tag: str) -> None:
    example = OBJECT_EXAMPLES["elections"]
    created = await api.post(example.list_path, example.payload)
    address = created.headers["location"]
    changed = await api.patch(address, {"name": "Pemilu"})
    for response in (
        await api.patch(address, {"name": "X"}, if_match=stale_tag),
        await api.delete(address, if_match=stale_tag),
    ):
        assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
        assert response.headers["etag"] == changed.headers["etag"]
    assert (await api.get(address)).json() == changed.json()


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"0.x", {}'])
async def test_etag_of_any_encoding_is_a_valid_if_match(api: WriteClient, coding: str, form: str) -> None:
    """The ETag of a compressed representation has a suffix, but names the same revision. A proxy may weaken it."""
    read = await api.http.get("/v1/organizations/kpu", headers={"Accept-Encoding": coding})
    if_match = form.format(read.headers["etag"])
    response = await api.patch("/v1/organizations/kpu", {"seats": 9}, if_match=if_match)
    assert response.status_code == 200


async def test_several_if_match_lines_are_one_list(api: WriteClient) -> None:
    tag = (await api.get("/v1/regions/31")).headers["etag"]
    headers = [*api.headers.items(), ("If-Match", '"0.x"'), ("If-Match", tag)]
    response = await api.http.patch("/v1/regions/31", json={"capital": "Jakarta"}, headers=headers)
    assert response.status_code == 200


async def test_patch_as_json_is_a_merge_patch(api: WriteClient) -> None:
    headers = {**api.headers, "If-Match": "*"}
    response = await api.http.patch("/v1/regions/31", json={"capital": None}, headers=headers)
    assert (response.status_code, response.json()["capital"], response.json()["code"]) == (200, None, "31")


@pytest.mark.parametrize("if_match", [None, "", " ", ","])
async def test_change_without_if_match_is_428(api: WriteClient, if_match: str | None) -> None:
    headers = {**api.headers, "Content-Type": "application/merge-patch+json"}
    headers |= {} if if_match is None else {"If-Match": if_match}
    patch = await api.http.patch("/v1/regions/31", content=b"{}", headers=headers)
    delete = await api.http.delete("/v1/regions/31", headers=dict(api.headers))
    for response in (patch, delete):
        assert (response.status_code, response.json()["code"]) == (428, "precondition_required")


async def test_stored_objects_fit_the_schema_of_a_write(api: WriteClient) -> None:
    """Otherwise a patch of one member would be refused because of another one."""
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
        listed = (await api.get(f"/v1/{path}?page_size=200")).json()["items"]
        for item in listed[:: max(1, len(listed) // 40)]:
            response: httpx.Response = await api.patch(f"/v1/{path}/{item.get('code', item.get('id'))}", {})
            assert response.status_code == 200, (path, response.text)
            assert response.json()["revision"] == item["revision"]
