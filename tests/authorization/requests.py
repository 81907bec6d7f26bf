"""Valid requests to every operation, about objects of every kind of owner, and about missing ones."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tests.authorization import dataset
from tests.authorization.dataset import BELOW, EMPTY_MEETINGS, HOSTS, MEETINGS, MISSING_ID, ORGANIZATIONS, OTHER, OWN
from tests.authorization.meeting_requests import MEETING_REQUESTS
from tests.authorization.request_case import RequestCase
from tests.writes.object_examples import OBJECT_EXAMPLES
from tests.writes.write_client import MERGE_PATCH_TYPE

OFFICE = {"office": "secretary", "standing": "acting", "start_on": "2031"}
# (owner of both, person, organization) of new appointments. The caller needs rights to both: the person must be their
# own, or created by them.
APPOINTMENTS = (
    *(("own", person, BELOW) for person in (dataset.OWN_PERSON, dataset.CREATED_PERSON)),
    ("other", dataset.OTHER_PERSON, OTHER),
    ("both", dataset.OWN_PERSON, OTHER),
    *(("both", person, BELOW) for person in (dataset.OTHER_PERSON, dataset.BOTH_PERSON)),
    ("without office", dataset.PERSON_WITHOUT_OFFICE, BELOW),
)
# The paths of single objects, by resource and owner.
ITEMS: Mapping[str, Mapping[str, str]] = {
    "region": {"unowned": "/v1/regions/31", "missing": "/v1/regions/31.99"},
    "division": {"unowned": "/v1/divisions/p7-4", "missing": "/v1/divisions/p7-99"},
    "election": {"unowned": "/v1/elections/pemilu-2024", "missing": "/v1/elections/pemilu-2029"},
    "stage": {"unowned": "/v1/stages/pu-08", "missing": "/v1/stages/pu-99"},
    "organization": {
        **{owner: f"/v1/organizations/{code}" for owner, code in ORGANIZATIONS.items()},
        "unowned": "/v1/organizations/kpu",
        "missing": "/v1/organizations/kpu-99",
    },
    "official": {
        owner: f"/v1/officials/{id_}"
        for owner, id_ in (
            ("own", dataset.OWN_PERSON),
            ("other", dataset.OTHER_PERSON),
            ("both", dataset.BOTH_PERSON),
            ("without office", dataset.PERSON_WITHOUT_OFFICE),
            ("created", dataset.CREATED_PERSON),
            ("missing", MISSING_ID),
        )
    },
    "appointment": {
        owner: f"/v1/appointments/{id_}"
        for owner, id_ in (("own", dataset.OWN_OFFICE), ("other", dataset.OTHER_OFFICE), ("missing", MISSING_ID))
    },
    "meeting": {
        **{owner: f"/v1/meetings/{code}" for owner, code in EMPTY_MEETINGS.items()},
        "unowned": "/v1/meetings/rakornas-2022-06",
        "missing": "/v1/meetings/no-such",
    },
    "session": {
        **{owner: f"/v1/meetings/{MEETINGS[owner, 'open']}/sessions/alfa" for owner in HOSTS},
        "unowned": "/v1/meetings/rakornas-2022-06/sessions/class-1",
        "missing in own": f"/v1/meetings/{MEETINGS['own', 'open']}/sessions/zulu",
        "missing": "/v1/meetings/no-such/sessions/alfa",
    },
    "statement": {
        "own": f"/v1/meetings/{MEETINGS['own', 'open']}/statements/{dataset.OWN_STATEMENT}",
        "other": f"/v1/meetings/{MEETINGS['other', 'open']}/statements/{dataset.OTHER_STATEMENT}",
        "missing in own": f"/v1/meetings/{MEETINGS['own', 'open']}/statements/{dataset.OTHER_STATEMENT}",
        "missing": f"/v1/meetings/no-such/statements/{dataset.OWN_STATEMENT}",
    },
    "client": {
        "own": f"/v1/clients/{dataset.OWN_CLIENT}",
        "other": f"/v1/clients/{dataset.OTHER_CLIENT}",
        "missing": f"/v1/clients/{MISSING_ID}",
    },
}
# Objects that cannot be deleted, because others reference them.
REFERENCED_ITEMS = {("official", "own"), ("official", "other"), ("official", "both"), ("organization", "unowned")}
REFERENCED_ITEMS |= {(resource, "unowned") for resource in ("region", "division", "election", "meeting")}
CHANGES: Mapping[str, Any] = {"client": {"name": "Lain"}, "appointment": {"end_on": "2035"}, "meeting": {"place": "X"}}
# Changes of the owning organization: the caller must own both the old and the new one.
MOVES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "organization": ("parent", {"own": OTHER, "other": OWN}),
    "appointment": ("organization", {"own": OTHER, "other": BELOW}),
    "meeting": ("host", {"own": OTHER, "other": BELOW}),
}


def _list_create_requests() -> Iterator[RequestCase]:
    def case(name: str, owner: str, path: str, body: Any) -> RequestCase:
        return RequestCase(f"create_{name}", "POST", owner, f"{path}?dry_run=true", body)

    for name in ("region", "division", "election", "stage"):
        example = OBJECT_EXAMPLES[f"{name}s"]
        yield case(name, "unowned", example.list_path, example.payload)
    new = {"code": "dkpp-31", "name": "DKPP", "kind": "agency"}
    yield case("organization", "unowned", "/v1/organizations", new)
    yield case("official", "created", "/v1/officials", OBJECT_EXAMPLES["officials"].payload)
    for owner, body in HOSTS.items():
        yield case("organization", owner, "/v1/organizations", {**new, "parent": body})
        yield case("meeting", owner, "/v1/meetings", {**OBJECT_EXAMPLES["meetings"].payload, "host": body})
    for owner, person, body in APPOINTMENTS:
        yield case("appointment", owner, "/v1/appointments", {**OFFICE, "official": person, "organization": body})
    session = {"code": "bravo", "kind": "class", "position": 2, "name": "Kelas"}
    for owner, code in ("own", MEETINGS["own", "open"]), ("other", MEETINGS["other", "open"]), ("missing", "no-such"):
        yield case("session", owner, f"/v1/meetings/{code}/sessions", session)
        yield case("statement", owner, f"/v1/meetings/{code}/statements", OBJECT_EXAMPLES["statements"].payload)
    yield case("client", "unowned", "/v1/clients", {"name": "x", "scopes": ["audit:read"]})
    for owner, address in ITEMS["client"].items():
        yield case("client_secret", owner, f"{address}/secrets", {})


def _list_succession_requests() -> Iterator[RequestCase]:
    for owner, person, body in APPOINTMENTS:
        ended = dataset.OTHER_OFFICE if body == OTHER else dataset.OWN_OFFICE
        content = {"ends": ended, "end_on": "2035", "begins": {"official": person, "standing": "acting"}}
        yield RequestCase("succeed_appointment", "POST", owner, "/v1/appointments:succeed?dry_run=true", content)


def _list_update_and_delete_requests() -> Iterator[RequestCase]:
    for name, items in ITEMS.items():
        for owner, address in items.items():
            body = CHANGES.get(name, {"reason": "why"})
            yield RequestCase(
                f"update_{name}", "PATCH", owner, f"{address}?dry_run=true", body, media_type=MERGE_PATCH_TYPE
            )
            verb, status = (
                ("revoke" if name == "client" else "delete"),
                409 if (name, owner) in REFERENCED_ITEMS else 204,
            )
            yield RequestCase(f"{verb}_{name}", "DELETE", owner, f"{address}?dry_run=true", success_status=status)
    for owner, address in ITEMS["meeting"].items():
        yield RequestCase(
            "move_meeting", "POST", owner, f"{address}:move?dry_run=true", {"days": 1, "reason": "banjir"}
        )
    for name, (member, organizations) in MOVES.items():
        for owner, body in organizations.items():
            target = f"{ITEMS[name][owner]}?dry_run=true"
            yield RequestCase(f"update_{name}", "PATCH", "both", target, {member: body}, media_type=MERGE_PATCH_TYPE)
    secrets = {"own": dataset.OWN_SECRET, "other": dataset.OTHER_SECRET, "missing": dataset.OWN_SECRET}
    for owner, id_ in secrets.items():
        yield RequestCase(
            "revoke_client_secret",
            "DELETE",
            owner,
            f"{ITEMS['client'][owner]}/secrets/{id_}?dry_run=true",
            success_status=204,
        )


def _list_import_requests() -> Iterator[RequestCase]:
    """Yield an import of one row for each resource and, if it has an owner, for the own and the other organization."""

    def case(resource: str, owner: str, row: Any) -> RequestCase:
        target = f"/v1/imports?resource={resource}&dry_run=true&update=true"
        return RequestCase("import_rows", "POST", owner, target, orjson.dumps(row), media_type="application/x-ndjson")

    for name in ("regions", "divisions", "elections", "stages"):
        yield case(name, "unowned", OBJECT_EXAMPLES[name].payload)
    yield case("officials", "created", {"name": "Siti"})
    people = {"own": dataset.OWN_PERSON, "other": dataset.OTHER_PERSON}
    for owner, body in HOSTS.items():
        meeting = MEETINGS[owner, "open"]
        yield case("organizations", owner, {"code": "dkpp-31", "name": "DKPP", "kind": "agency", "parent": body})
        yield case("officials", owner, {"id": people[owner], "name": "Lain"})
        yield case("meetings", owner, {**OBJECT_EXAMPLES["meetings"].payload, "host": body})
        yield case(
            "sessions", owner, {"meeting": meeting, "code": "bravo", "kind": "class", "position": 2, "name": "K"}
        )
        yield case(
            "statements", owner, {"meeting": meeting, "organization": "kpu-31", "form": "spoken", "summary": "Siap."}
        )
    for owner, person, body in APPOINTMENTS:
        yield case("appointments", owner, {**OFFICE, "official": person, "organization": body})


def _list_read_requests() -> Iterator[RequestCase]:
    def case(operation: str, target: str, owner: str = "unowned", **rest: Any) -> RequestCase:
        return RequestCase(operation, "GET", owner, target, **rest)

    for name, items in ITEMS.items():
        for owner, address in items.items():
            yield case(f"get_{name}", address, owner)
            if name != "client":
                # Objects that existed before the first revision have one, too.
                yield case(f"list_{name}_revisions", f"{address}/revisions", owner)
    for name in ("region", "division", "election", "stage", "organization", "official", "appointment", "meeting"):
        yield case(f"list_{name}s", f"/v1/{name}s?page_size=2")
    for owner, code in (*((owner, MEETINGS[owner, "open"]) for owner in HOSTS), ("missing", "no-such")):
        yield case("list_sessions", f"/v1/meetings/{code}/sessions", owner)
        yield case("list_statements", f"/v1/meetings/{code}/statements", owner)
        yield case("list_attendance", f"/v1/meetings/{code}/attendance", owner)
        yield case("get_attendance_summary", f"/v1/meetings/{code}/attendance/summary", owner)
    for owner in HOSTS:
        restricted_path = f"/v1/meetings/{MEETINGS[owner, 'restricted']}/attendance"
        for query in ("", "?q=rahasia", "?organization=kpu-32", "?fields=id"):
            yield case("list_attendance", restricted_path + query, owner, reads_restricted_roll=True)
        yield case("get_attendance_summary", f"{restricted_path}/summary?by=organization", owner)
    for owner in ("own", "other", "unowned", "missing"):
        yield case("list_organization_officials", f"{ITEMS['organization'][owner]}/officials", owner)
    yield case("get_stage_tree", "/v1/elections/pemilu-2024/tree")
    yield case("get_stage_tree", "/v1/elections/pemilu-2029/tree", "missing")
    yield case("list_clients", "/v1/clients")
    yield case("list_audit_lines", "/v1/audit")
    yield case("list_audit_roots", "/v1/audit/roots")
    yield case("get_today", "/v1/today")
    yield case("search_all", "/v1/search?q=kpu")
    for operation, target in (
        ("get_jwk_set", "/.well-known/jwks.json"),
        ("get_authorization_server_metadata", "/.well-known/oauth-authorization-server"),
        ("get_index", "/"),
        ("get_openapi", "/openapi.json"),
        ("get_explorer", "/docs"),
        ("get_asset", "/docs/favicon.png"),
        ("list_problem_types", "/problems"),
        ("get_problem_type", "/problems/not_found"),
        ("get_liveness", "/health/live"),
        ("get_readiness", "/health/ready"),
        ("get_metrics", "/metrics"),
    ):
        yield case(operation, target)


def _list_token_requests() -> Iterator[RequestCase]:
    yield RequestCase(
        "issue_token", "POST", "missing", "/oauth/token", b"grant_type=client_credentials&client_id=x&client_secret=y",
        media_type="application/x-www-form-urlencoded", success_status=401,
    )  # fmt: skip


REQUESTS = [
    *_list_create_requests(),
    *_list_succession_requests(),
    *_list_update_and_delete_requests(),
    *_list_import_requests(),
    *_list_read_requests(),
    *_list_token_requests(),
    *MEETING_REQUESTS,
]
