"""What no schema can say of a request's parts together. Without it most of what Schemathesis asks of a list, and all
that it writes, is refused, and what lies behind the refusal stays untried.
"""

from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, GenerationMode, HookContext
from schemathesis.core import NOT_SET

WRITES = {"POST", "PATCH", "DELETE"}
CLIENTS = "/v1/clients"
# By list: the code in its example is there already, and this one is not.
FREE = {"regions": "31.99", "organizations": "dkpp", "divisions": "p7-99", "elections": "pemilu-2039"}
FREE |= {"stages": "pu-99", "meetings": "rakor-2039", "sessions": "class-99"}


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: Any, value: Any) -> bytes:
    """As it is: Schemathesis has no words for this form of text."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def make_sense(query: dict[str, Any], aim: str | None = None) -> None:
    """`q` goes without `sort`, a page token is good for one walk, and a new service has known nothing at any instant.

    What a case aims at stays in it.
    """
    for name in {"page_token", "known_at"} - {aim}:
        query.pop(name, None)
    for other in ("sort", "known_at"):
        if query.keys() >= {"q", other}:
            del query["q" if aim == other else other]


def let_write(case: Case[Any]) -> None:
    """What a write brings beside its body: else each is 400 or 428.

    Only what the fuzzer thinks up itself is really written, lest an example be there already the next time. Nothing is
    deleted but at the end, for the examples ask for it; nor is a client changed, for it may be the one that all this is
    asked as.
    """
    if case.method not in WRITES or not case.path.startswith("/v1/"):
        return
    if case.method == "POST":
        case.headers["Idempotency-Key"] = uuid4().hex
    else:
        case.headers["If-Match"] = "*"
    phase = case.meta.phase.name.value if case.meta else "examples"
    if phase == "stateful" and case.method == "DELETE" and case.path.startswith(CLIENTS):
        case.path_parameters |= {each.name: each.definition["example"] for each in case.operation.path_parameters}
    elif phase == "stateful" and case.method in ("POST", "DELETE"):
        case.query.pop("dry_run", None)  # what it would have created is not there afterwards, nor gone
    elif phase not in ("fuzzing", "stateful") or case.method == "DELETE" or case.path.startswith(CLIENTS):
        case.query["dry_run"] = "true"


def be_there(case: Case[Any], aim: str | None, *, always: bool) -> None:
    """A request is about what is there, as the example says; that nothing is there is tried where a case aims at it.

    The fuzzer finds codes to read by itself, but no ids.
    """
    for each in case.operation.path_parameters:
        is_id = "pattern" in each.definition["schema"]
        if each.name != aim and (always or is_id or case.method in WRITES):
            case.path_parameters[each.name] = each.definition["example"]
    free = FREE.get(case.path.rpartition("/")[2]) if case.method == "POST" else None
    if free and isinstance(case.body, dict) and "code" in case.body and aim != "code":
        case.body["code"] = free


@schemathesis.hook
def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
    """Leaves the fuzzer's own wrong requests alone."""
    if case.meta is None:
        return case
    phase, is_right = case.meta.phase, case.meta.generation.mode is GenerationMode.POSITIVE
    aim = getattr(phase.data, "parameter", None)
    if case.method in ("GET", "HEAD"):  # a body is refused there whatever the address, and so before it is looked at
        case.body = NOT_SET
    if is_right or phase.name.value == "coverage":
        make_sense(case.query, aim)
    if is_right:
        let_write(case)
        if phase.name.value != "stateful":
            be_there(case, aim, always=phase.name.value == "coverage")
    return case


@schemathesis.hook
def before_add_examples(_context: HookContext, examples: list[Case[Any]]) -> None:
    """The examples of all parameters come in one request: those of `q` and `sort` need one each.

    Of a body it is the example of the whole that counts: those of its members say nothing together. A client's id is
    nobody's.
    """
    for case in list(examples):
        if case.query.keys() >= {"q", "sort"}:
            in_order = {name: value for name, value in case.query.items() if name != "q"}
            examples.append(case.operation.Case(path_parameters=case.path_parameters, query=in_order))
    for case in examples:
        make_sense(case.query)
        let_write(case)
        # A code of its own, where Schemathesis also tries the codes within the example of the answer.
        case.path_parameters |= {each.name: each.definition["example"] for each in case.operation.path_parameters}
        for each in case.operation.body:
            if each.media_type == case.media_type and "example" in each.definition:
                case.body = each.definition["example"]
    examples[:] = [case for case in examples if not case.path.startswith(f"{CLIENTS}/")]
