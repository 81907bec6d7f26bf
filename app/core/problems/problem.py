"""Base class of problems: their members in two languages, and the response."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from app.core.languages import Language, Text, preferred_language
from app.core.root_path import add_root_path

MEDIA_TYPE = "application/problem+json"
MAX_POINTER_LENGTH = 200  # longer pointers contain names chosen by the caller


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One error of a problem.

    Attributes:
        code: Stable code of the error.
        detail: What is allowed.
        parameter: Name of the invalid parameter.
        pointer: JSON pointer to the invalid member of the body.
        address: Address of the conflicting object, if there is one.
    """

    code: str
    detail: Text
    parameter: str | None = None
    pointer: str | None = None
    address: str | None = None

    def document(self, language: Language) -> dict[str, str]:
        """Build the item of `errors` in a problem document, in this language."""
        pointer = (self.pointer or "")[:MAX_POINTER_LENGTH]
        place = {"parameter": self.parameter[:100]} if self.parameter is not None else {"pointer": pointer}
        conflicting = {"address": add_root_path(self.address)} if self.address is not None else {}
        return {**place, "code": self.code, "detail": self.detail.in_language(language), **conflicting}


class Problem(Exception):
    """Base of all problems; each subclass with a code is one problem type with a page of its own.

    Attributes:
        status: HTTP status code.
        code: Stable code of the problem type.
        title: Name of the problem type.
        remedy: How the caller can solve it; the default `detail`.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[Text]
    remedy: ClassVar[Text]

    def __init__(
        self, *errors: ErrorDetail, detail: Text | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(self.code)
        self.errors = errors
        self.detail = detail or self.remedy
        self.headers = dict(headers or {})

    def prefix_pointers(self, prefix: str) -> "Problem":
        """Prepend a JSON pointer in place to those of the errors, for a part of a larger body; return self."""
        self.errors = tuple(
            replace(error, pointer=f"{prefix}{error.pointer}") if error.pointer is not None else error
            for error in self.errors
        )
        return self

    def response(self, scope: Scope) -> Response:
        """Build the HTTP response with the problem document, in the language that the request prefers."""
        language = preferred_language(Headers(scope=scope).get("accept-language", ""))
        state = scope.get("state", {})
        return Response(
            orjson.dumps(self.document(language, state.get("request_id"), state.get("trace_id"))),
            self.status,
            {
                "Cache-Control": "no-store",
                "Content-Language": language,
                "Vary": "Accept-Language",
                **self.headers,
            },
            MEDIA_TYPE,
        )

    def document(
        self, language: Language = "id", request_id: str | None = None, trace_id: str | None = None
    ) -> dict[str, Any]:
        """Build the problem document: the members of RFC 9457, `code`, `errors`, and the ids of the request."""
        return {
            "type": add_root_path(f"/problems/{self.code}"),
            "title": self.title.in_language(language),
            "status": self.status,
            "detail": self.detail.in_language(language),
            "code": self.code,
            "request_id": request_id,
            "trace_id": trace_id,
            "errors": [error.document(language) for error in self.errors],
        }
