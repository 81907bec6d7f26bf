"""Adapt the requests that Schemathesis generates to rules between parameters, which a schema cannot express.

Without this, the service would refuse most requests of lists and all writes, and the code behind would not be tested.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, GenerationMode, HookContext, Response
from schemathesis.core import NOT_SET

WRITE_METHODS = {"POST", "PATCH", "DELETE"}
CLIENTS_PATH = "/v1/clients"
# By list: a code to create, because the code of the example exists already.
UNUSED_CODES = {
    "regions": "31.99",
    "organizations": "dkpp",
    "divisions": "p7-99",
    "elections": "pemilu-2039",
    "stages": "pu-99",
    "meetings": "rakor-2039",
    "sessions": "class-99",
}


@schemathesis.serializer("application/x-ndjson")
def serialize_ndjson(_context: Any, value: Any) -> bytes:
    """Return the value as it is: Schemathesis has no serializer for this media type."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


# The years that the service knows, 1900 to 2199. A format cannot say so.
EPOCH = datetime(1970, 1, 1, 9, 30, tzinfo=UTC)
schemathesis.openapi.format("date", st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat))
schemathesis.openapi.format(
    "date-time",
    st.integers(-70 * 365, 229 * 365).map(lambda days: (EPOCH + timedelta(days, 1)).isoformat()),
)


@schemathesis.check
def response_has_selected_members(_context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check a response against its schema, or, with `fields`, each of its objects against the selected members."""
    names = str(case.query.get("fields") or "").split(",")
    if names == [""] or response.status_code != 200 or "json" not in response.headers["content-type"][0]:
        return case.operation.validate_response(response, case=case)
    components = case.operation.schema.raw_schema["components"]["schemas"]
    content = case.operation.definition.raw["responses"]["200"]["content"]["application/json"]
    schema = components[content["schema"]["$ref"].rpartition("/")[2]]
    document = response.json()
    objects = document["items"] if "items" in schema["properties"] else [document]
    if "items" in schema["properties"]:
        schema = components[schema["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
    selected = {name: schema["properties"][name] for name in names}
    validator = jsonschema_rs.Draft202012Validator(
        {
            "type": "object",
            "properties": selected,
            "required": sorted(selected),
            "additionalProperties": False,
            "components": {"schemas": components},
        },
        validate_formats=True,
    )
    errors = [error.message for item in objects for error in validator.iter_errors(item)]
    if errors:
        raise AssertionError(errors[:3])
    return None


def remove_conflicting_parameters(query: dict[str, Any], tested_parameter: str | None = None) -> None:
    """Remove parameters that exclude each other or cannot be valid, but not the one that the case tests.

    `q` excludes `sort` and `known_at`; a page token belongs to one query; a new service has no past versions.
    """
    for name in {"page_token", "known_at"} - {tested_parameter}:
        query.pop(name, None)
    for other in ("sort", "known_at"):
        if query.keys() >= {"q", other}:
            del query["q" if tested_parameter == other else other]


def add_write_headers(case: Case[Any]) -> None:
    """Add the headers and the `dry_run` parameter that a write needs; without the headers each would be 400 or 428.

    Only values that the fuzzer generates are really written, so that an example does not exist already the next time.
    Nothing is deleted before the last phase, because the examples refer to it. No client is changed, because it may be
    the one that sends the requests.
    """
    if case.method not in WRITE_METHODS or not case.path.startswith("/v1/"):
        return
    if case.method == "POST":
        case.headers["Idempotency-Key"] = uuid4().hex
    else:
        case.headers["If-Match"] = "*"
    phase = case.meta.phase.name.value if case.meta else "examples"
    if phase == "stateful" and case.method == "DELETE" and case.path.startswith(CLIENTS_PATH):
        set_example_path_parameters(case)
    elif phase == "stateful" and case.method in ("POST", "DELETE"):
        case.query.pop("dry_run", None)  # the next request expects that the object was created or deleted
    elif phase not in ("fuzzing", "stateful") or case.method == "DELETE" or case.path.startswith(CLIENTS_PATH):
        case.query["dry_run"] = "true"


def set_example_path_parameters(case: Case[Any]) -> None:
    """Set all path parameters to their examples."""
    case.path_parameters |= {
        parameter.name: parameter.definition["example"] for parameter in case.operation.path_parameters
    }


def use_existing_objects(case: Case[Any], tested_parameter: str | None, *, is_required: bool) -> None:
    """Set path parameters to their examples, which exist, but not the one that the case tests.

    Without `is_required`, a read keeps its codes, because the fuzzer finds existing ones itself; it finds no ids.
    The code of an object to create is set to one that does not exist.
    """
    for parameter in case.operation.path_parameters:
        is_id = "pattern" in parameter.definition["schema"]
        if parameter.name != tested_parameter and (is_required or is_id or case.method in WRITE_METHODS):
            case.path_parameters[parameter.name] = parameter.definition["example"]
    unused_code = UNUSED_CODES.get(case.path.rpartition("/")[2]) if case.method == "POST" else None
    if unused_code and isinstance(case.body, dict) and "code" in case.body and tested_parameter != "code":
        case.body["code"] = unused_code


@schemathesis.hook
def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
    """Adapt a generated request, unless the fuzzer made it invalid on purpose."""
    if case.meta is None:
        return case
    phase, is_valid = case.meta.phase, case.meta.generation.mode is GenerationMode.POSITIVE
    tested_parameter = getattr(phase.data, "parameter", None)
    if case.method in ("GET", "HEAD"):  # a body would be refused before anything else is checked
        case.body = NOT_SET
    if is_valid or phase.name.value == "coverage":
        remove_conflicting_parameters(case.query, tested_parameter)
    if is_valid:
        add_write_headers(case)
        if phase.name.value != "stateful":
            use_existing_objects(case, tested_parameter, is_required=phase.name.value == "coverage")
    return case


@schemathesis.hook
def before_add_examples(_context: HookContext, examples: list[Case[Any]]) -> None:
    """Adapt the requests that Schemathesis builds from the examples of the contract.

    Schemathesis puts the examples of all parameters into one request; `q` and `sort` need one each. The body is the
    example of the whole, because the examples of its members do not fit together. Requests of a client are removed:
    the id in their example does not exist.
    """
    for case in list(examples):
        if case.query.keys() >= {"q", "sort"}:
            query_with_sort = {name: value for name, value in case.query.items() if name != "q"}
            examples.append(case.operation.Case(path_parameters=case.path_parameters, query=query_with_sort))
    for case in examples:
        remove_conflicting_parameters(case.query)
        add_write_headers(case)
        set_example_path_parameters(case)  # Schemathesis also tries the codes in the example of the response
        for body in case.operation.body:
            if body.media_type == case.media_type and "example" in body.definition:
                case.body = body.definition["example"]
    examples[:] = [case for case in examples if not case.path.startswith(f"{CLIENTS_PATH}/")]
