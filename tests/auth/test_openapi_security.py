"""The security requirements in the OpenAPI document."""

import json
from typing import Any

from app.auth import Scope
from app.auth.scopes import SCOPE_DESCRIPTIONS
from app.core.http.openapi_components import is_anonymous
from app.explorer.contract import get_openapi_document
from app.imports.router import SCOPES
from app.main import create_app
from tests.applications import get_contract
from tests.for_each import for_each

DOCUMENT = get_contract()
OPERATIONS = {
    f"{method} {path}": operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}
SECURED_OPERATIONS = {name: operation for name, operation in OPERATIONS.items() if not is_anonymous(operation)}


def test_security_scheme_lists_all_scopes() -> None:
    scheme, client = (DOCUMENT["components"]["securitySchemes"][name] for name in ("oauth2", "client"))
    assert (scheme["type"], client["type"], client["scheme"]) == ("oauth2", "http", "basic")
    assert scheme["flows"] == {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(SCOPE_DESCRIPTIONS)}}
    assert set(SCOPE_DESCRIPTIONS) == set(Scope)
    assert "security" not in DOCUMENT  # each operation declares its own


def test_every_write_needs_a_token() -> None:
    assert {"get /v1/clients", "post /v1/clients/{id}/secrets", "post /v1/regions"} <= set(SECURED_OPERATIONS)
    assert {"post /oauth/token"} == {
        name for name in set(OPERATIONS) - set(SECURED_OPERATIONS) if not name.startswith("get ")
    }


@for_each(OPERATIONS)
def test_operation_declares_its_scope_and_problems(name: str) -> None:
    operation: dict[str, Any] = OPERATIONS[name]
    if name in SECURED_OPERATIONS:
        requirements = [pair for item in operation["security"] for pair in item.items()]  # alternatives
        assert [(scheme, len(scopes)) for scheme, scopes in requirements] == [("oauth2", 1)] * len(requirements)
        scopes = [Scope(scope) for _, (scope,) in requirements]
        assert sorted(scopes) == sorted(set(SCOPES.values()) if name == "post /v1/imports" else scopes[:1])
        assert {"401", "403", "429"} <= set(operation["responses"])
    elif name == "post /oauth/token":
        assert sorted(operation["security"], key=len) == [{}, {"client": []}]  # credentials can be in the form
    else:  # an invalid token is 401
        optional = ["attendance:read"] if "403" in operation["responses"] else []
        assert operation["security"] == [{}, {"oauth2": optional}]
        assert "401" in operation["responses"]


def test_document_is_deterministic() -> None:
    """The order of the scopes does not depend on hashing."""
    assert json.dumps(get_openapi_document(create_app())) == json.dumps(get_contract())
