"""What the contract says of tokens."""

import json
from typing import Any

from app.auth import Scope
from app.auth.scopes import SCOPE_DESCRIPTIONS
from app.explorer.contract import get_openapi_document
from app.imports.router import SCOPES
from app.main import create_app
from tests.applications import document
from tests.each import of_each

DOCUMENT = document()
OPERATIONS = {
    f"{method} {path}": operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}
CLOSED = {name: one for name, one in OPERATIONS.items() if "security" in one}


def test_the_scheme_has_all_scopes() -> None:
    (scheme,) = DOCUMENT["components"]["securitySchemes"].values()
    assert scheme["type"] == "oauth2"
    assert scheme["flows"] == {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(SCOPE_DESCRIPTIONS)}}
    assert set(SCOPE_DESCRIPTIONS) == set(Scope)
    assert "security" not in DOCUMENT  # each operation says for itself


def test_those_that_write_and_those_of_clients_are_closed() -> None:
    assert {"get /v1/clients", "post /v1/clients/{id}/secrets", "post /v1/regions"} <= set(CLOSED)
    assert {"post /oauth/token"} == {name for name in set(OPERATIONS) - set(CLOSED) if not name.startswith("get ")}


@of_each(OPERATIONS)
def test_an_operation_says_what_token_it_needs(name: str) -> None:
    operation: dict[str, Any] = OPERATIONS[name]
    if name in CLOSED:
        asked = [pair for one in operation["security"] for pair in one.items()]  # any one of them is enough
        assert [(scheme, len(scopes)) for scheme, scopes in asked] == [("oauth2", 1)] * len(asked)
        may = [Scope(scope) for _, (scope,) in asked]
        assert sorted(may) == sorted(set(SCOPES.values()) if name == "post /v1/imports" else may[:1])
        assert {"401", "403", "429"} <= set(operation["responses"])
    else:
        assert "security" not in operation
        assert "401" in operation["responses"]  # a token that is sent, and is no good


def test_it_is_the_same_each_time() -> None:
    """Scopes are a set in no order of chance."""
    assert json.dumps(get_openapi_document(create_app())) == json.dumps(document())
