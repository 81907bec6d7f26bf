"""Good requests to every operation, about objects of one's own, of another, of both, of nobody, and missing ones."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tests.authorization import dataset
from tests.authorization.dataset import BELOW, EMPTY_MEETINGS, HOSTS, MEETINGS, MISSING_ID, ORGANIZATIONS, OTHER, OWN
from tests.authorization.meeting_requests import MEETING_REQUESTS
from tests.authorization.request_case import RequestCase
from tests.writes.calls import MERGE_PATCH
from tests.writes.objects import OBJECTS

OFFICE = {"office": "secretary", "standing": "acting", "start_on": "2031"}
# Who is given an office of which body, and whose both are. It takes a person who is one's own, or whom one has put in.
APPOINTMENTS = (
    *(("own", person, BELOW) for person in (dataset.OWN_PERSON, dataset.CREATED_PERSON)),
    ("other", dataset.OTHER_PERSON, OTHER),
    ("both", dataset.OWN_PERSON, OTHER),
    *(("both", person, BELOW) for person in (dataset.OTHER_PERSON, dataset.BOTH_PERSON)),
    ("unclaimed", dataset.PERSON_WITHOUT_OFFICE, BELOW),
)
# The addresses of single objects, by resource and whose they are.
ITEMS: Mapping[str, Mapping[str, str]] = {
    "region": {"nobody": "/v1/regions/31", "missing": "/v1/regions/31.99"},
    "division": {"nobody": "/v1/divisions/p7-4", "missing": "/v1/divisions/p7-99"},
    "election": {"nobody": "/v1/elections/pemilu-2024", "missing": "/v1/elections/pemilu-2029"},
    "stage": {"nobody": "/v1/stages/pu-08", "missing": "/v1/stages/pu-99"},
    "organization": {
        **{whose: f"/v1/organizations/{code}" for whose, code in ORGANIZATIONS.items()},
        "nobody": "/v1/organizations/kpu",
        "missing": "/v1/organizations/kpu-99",
    },
    "official": {
        whose: f"/v1/officials/{id_}"
        for whose, id_ in (
            ("own", dataset.OWN_PERSON),
            ("other", dataset.OTHER_PERSON),
            ("both", dataset.BOTH_PERSON),
            ("unclaimed", dataset.PERSON_WITHOUT_OFFICE),
            ("begun", dataset.CREATED_PERSON),
            ("missing", MISSING_ID),
        )
    },
    "appointment": {
        whose: f"/v1/appointments/{id_}"
        for whose, id_ in (("own", dataset.OWN_OFFICE), ("other", dataset.OTHER_OFFICE), ("missing", MISSING_ID))
    },
    "meeting": {
        **{whose: f"/v1/meetings/{code}" for whose, code in EMPTY_MEETINGS.items()},
        "nobody": "/v1/meetings/rakornas-2022-06",
        "missing": "/v1/meetings/no-such",
    },
    "session": {
        **{whose: f"/v1/meetings/{MEETINGS[whose, 'open']}/sessions/alfa" for whose in HOSTS},
        "nobody": "/v1/meetings/rakornas-2022-06/sessions/class-1",
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
# What can be asked of what is referred to: it stays.
REFERENCED_ITEMS = {("official", "own"), ("official", "other"), ("official", "both"), ("organization", "nobody")}
REFERENCED_ITEMS |= {(resource, "nobody") for resource in ("region", "division", "election", "meeting")}
CHANGES: Mapping[str, Any] = {"client": {"name": "Lain"}, "appointment": {"end_on": "2035"}, "meeting": {"place": "X"}}
# A change of whose it is: both ends must be one's own.
MOVES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "organization": ("parent", {"own": OTHER, "other": OWN}),
    "appointment": ("organization", {"own": OTHER, "other": BELOW}),
    "meeting": ("host", {"own": OTHER, "other": BELOW}),
}


def _list_create_requests() -> Iterator[RequestCase]:
    def ask(name: str, whose: str, at: str, body: Any) -> RequestCase:
        return RequestCase(f"create_{name}", "POST", whose, f"{at}?dry_run=true", body)

    for name in ("region", "division", "election", "stage"):
        made = OBJECTS[f"{name}s"]
        yield ask(name, "nobody", made.at, made.content)
    new = {"code": "dkpp-31", "name": "DKPP", "kind": "agency"}
    yield ask("organization", "nobody", "/v1/organizations", new)
    yield ask("official", "begun", "/v1/officials", OBJECTS["officials"].content)
    for whose, body in HOSTS.items():
        yield ask("organization", whose, "/v1/organizations", {**new, "parent": body})
        yield ask("meeting", whose, "/v1/meetings", {**OBJECTS["meetings"].content, "host": body})
    for whose, person, body in APPOINTMENTS:
        yield ask("appointment", whose, "/v1/appointments", {**OFFICE, "official": person, "organization": body})
    session = {"code": "bravo", "kind": "class", "position": 2, "name": "Kelas"}
    for whose, code in ("own", MEETINGS["own", "open"]), ("other", MEETINGS["other", "open"]), ("missing", "no-such"):
        yield ask("session", whose, f"/v1/meetings/{code}/sessions", session)
        yield ask("statement", whose, f"/v1/meetings/{code}/statements", OBJECTS["statements"].content)
    yield ask("client", "nobody", "/v1/clients", {"name": "x", "scopes": ["audit:read"]})
    for whose, address in ITEMS["client"].items():
        yield ask("secret", whose, f"{address}/secrets", {})


def _list_succession_requests() -> Iterator[RequestCase]:
    for whose, person, body in APPOINTMENTS:
        ends = dataset.OTHER_OFFICE if body == OTHER else dataset.OWN_OFFICE
        content = {"ends": ends, "end_on": "2035", "begins": {"official": person, "standing": "acting"}}
        yield RequestCase("succeed_appointment", "POST", whose, "/v1/appointments:succeed?dry_run=true", content)


def _list_update_and_delete_requests() -> Iterator[RequestCase]:
    for name, items in ITEMS.items():
        for whose, address in items.items():
            body = CHANGES.get(name, {"reason": "why"})
            yield RequestCase(f"change_{name}", "PATCH", whose, f"{address}?dry_run=true", body, media_type=MERGE_PATCH)
            verb, good = ("revoke" if name == "client" else "delete"), 409 if (name, whose) in REFERENCED_ITEMS else 204
            yield RequestCase(f"{verb}_{name}", "DELETE", whose, f"{address}?dry_run=true", success_status=good)
    for name, (member, ends) in MOVES.items():
        for whose, body in ends.items():
            target = f"{ITEMS[name][whose]}?dry_run=true"
            yield RequestCase(f"change_{name}", "PATCH", "both", target, {member: body}, media_type=MERGE_PATCH)
    secrets = {"own": dataset.OWN_SECRET, "other": dataset.OTHER_SECRET, "missing": dataset.OWN_SECRET}
    for whose, id_ in secrets.items():
        yield RequestCase(
            "revoke_client_secret",
            "DELETE",
            whose,
            f"{ITEMS['client'][whose]}/secrets/{id_}?dry_run=true",
            success_status=204,
        )


def _list_import_requests() -> Iterator[RequestCase]:
    """A row of each resource; of those that an organization may have, one of one's own and one of another's."""

    def ask(resource: str, whose: str, row: Any) -> RequestCase:
        target = f"/v1/imports?resource={resource}&dry_run=true"
        return RequestCase("import_rows", "POST", whose, target, orjson.dumps(row), media_type="application/x-ndjson")

    for name in ("regions", "divisions", "elections", "stages"):
        yield ask(name, "nobody", OBJECTS[name].content)
    yield ask("officials", "begun", {"name": "Siti"})
    people = {"own": dataset.OWN_PERSON, "other": dataset.OTHER_PERSON}
    for whose, body in HOSTS.items():
        meeting = MEETINGS[whose, "open"]
        yield ask("organizations", whose, {"code": "dkpp-31", "name": "DKPP", "kind": "agency", "parent": body})
        yield ask("officials", whose, {"id": people[whose], "name": "Lain"})
        yield ask("meetings", whose, {**OBJECTS["meetings"].content, "host": body})
        yield ask("sessions", whose, {"meeting": meeting, "code": "bravo", "kind": "class", "position": 2, "name": "K"})
        yield ask(
            "statements", whose, {"meeting": meeting, "organization": "kpu-31", "form": "spoken", "summary": "Siap."}
        )
    for whose, person, body in APPOINTMENTS:
        yield ask("appointments", whose, {**OFFICE, "official": person, "organization": body})


def _list_read_requests() -> Iterator[RequestCase]:
    def ask(operation: str, target: str, whose: str = "nobody", **rest: Any) -> RequestCase:
        return RequestCase(operation, "GET", whose, target, **rest)

    for name, items in ITEMS.items():
        for whose, address in items.items():
            yield ask(f"read_{name}", address, whose)
            if name != "client":
                # What was there before the service kept revisions has one all the same.
                yield ask(f"list_{name}_revisions", f"{address}/revisions", whose)
    for name in ("region", "division", "election", "stage", "organization", "official", "appointment", "meeting"):
        yield ask(f"list_{name}s", f"/v1/{name}s?page_size=2")
    for whose, code in (*((whose, MEETINGS[whose, "open"]) for whose in HOSTS), ("missing", "no-such")):
        yield ask("list_sessions", f"/v1/meetings/{code}/sessions", whose)
        yield ask("list_statements", f"/v1/meetings/{code}/statements", whose)
        yield ask("list_attendance", f"/v1/meetings/{code}/attendance", whose)
        yield ask("get_attendance_summary", f"/v1/meetings/{code}/attendance/summary", whose)
    for whose in HOSTS:
        closed = f"/v1/meetings/{MEETINGS[whose, 'restricted']}/attendance"
        for query in ("", "?q=rahasia", "?organization=kpu-32", "?fields=id"):
            yield ask("list_attendance", closed + query, whose, roll=True)
        yield ask("get_attendance_summary", f"{closed}/summary?by=organization", whose)
    for whose in ("own", "other", "nobody", "missing"):
        yield ask("list_organization_officials", f"{ITEMS['organization'][whose]}/officials", whose)
    yield ask("read_tree", "/v1/elections/pemilu-2024/tree")
    yield ask("read_tree", "/v1/elections/pemilu-2029/tree", "missing")
    yield from (ask(f"list_{name}", f"/v1/{at}") for name, at in (("clients", "clients"), ("audit", "audit")))
    yield ask("list_audit_roots", "/v1/audit/roots")
    yield ask("read_day", "/v1/today")
    yield ask("search", "/v1/search?q=kpu")
    for operation, target in (
        ("get_jwk_set", "/.well-known/jwks.json"),
        ("get_authorization_server_metadata", "/.well-known/oauth-authorization-server"),
        ("read_index", "/"),
        ("read_openapi", "/openapi.json"),
        ("read_explorer", "/docs"),
        ("read_asset", "/docs/favicon.png"),
        ("list_problems", "/problems"),
        ("read_problem", "/problems/not_found"),
        ("live", "/health/live"),
        ("ready", "/health/ready"),
        ("metrics", "/metrics"),
    ):
        yield ask(operation, target)


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
