"""What no schema can say of a request's parts together. Without it most of what Schemathesis asks of a list, and all
that it writes, is refused, and what lies behind the refusal stays untried.
"""

from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

WRITES = {"POST", "PATCH", "DELETE"}
CLIENTS = "/v1/clients"


def make_sense(query: dict[str, Any], aim: str | None = None) -> None:
    """`q` goes without `sort`, and a page token is good for one walk. What a case aims at stays in it."""
    if aim != "page_token":
        query.pop("page_token", None)
    if query.keys() >= {"q", "sort"}:
        del query["q" if aim == "sort" else "sort"]


def let_write(case: Case[Any]) -> None:
    """What a write brings beside its body: else each is 400 or 428.

    Deletions only say what they would do: the examples ask for what is there. Nor is a client changed, for it may be
    the one that all this is asked as.
    """
    if case.method not in WRITES or not case.path.startswith("/v1/"):
        return
    headers = case.headers
    if case.method == "POST":
        headers["Idempotency-Key"] = uuid4().hex
    else:
        headers["If-Match"] = "*"
        if case.method == "DELETE" or case.path.startswith(CLIENTS):
            case.query["dry_run"] = "true"


@schemathesis.hook
def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
    """Leaves the fuzzer's own wrong requests alone."""
    if case.meta and (case.meta.generation.mode is GenerationMode.POSITIVE or case.meta.phase.name.value == "coverage"):
        make_sense(case.query, getattr(case.meta.phase.data, "parameter", None))
    if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        let_write(case)
    return case


@schemathesis.hook
def before_add_examples(_context: HookContext, examples: list[Case[Any]]) -> None:
    """The examples of all parameters come in one request: those of `q` and `sort` need one each."""
    for case in list(examples):
        if case.query.keys() >= {"q", "sort"}:
            in_order = {name: value for name, value in case.query.items() if name != "q"}
            examples.append(case.operation.Case(path_parameters=case.path_parameters, query=in_order))
    for case in examples:
        make_sense(case.query)
        let_write(case)
        # A code of its own, where Schemathesis also tries the codes within the example of the answer.
        case.path_parameters |= {each.name: each.definition["example"] for each in case.operation.path_parameters}
