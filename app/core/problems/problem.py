"""What every problem has: its members, its two languages, and how it becomes an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from app.core.languages import Language, Text, preferred_language

MEDIA_TYPE = "application/problem+json"
MAX_POINTER_LENGTH = 200  # longer ones hold names that are not ours


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One reason of many: the parameter (or the JSON pointer) that is wrong, a stable code, and what is allowed.

    `address` leads to the object that stands in the way, where there is one.
    """

    code: str
    detail: Text
    parameter: str | None = None
    pointer: str | None = None
    address: str | None = None

    def document(self, language: Language) -> dict[str, str]:
        pointer = (self.pointer or "")[:MAX_POINTER_LENGTH]
        place = {"parameter": self.parameter[:100]} if self.parameter is not None else {"pointer": pointer}
        other = {"address": self.address} if self.address is not None else {}
        return {**place, "code": self.code, "detail": self.detail.in_language(language), **other}


class Problem(Exception):
    """The root: each subclass is one kind of problem with a page of its own."""

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

    def prefix_pointers(self, place: str) -> "Problem":
        """The same problem of a part of a larger body: its pointers begin at this one."""
        self.errors = tuple(
            replace(one, pointer=f"{place}{one.pointer}") if one.pointer is not None else one for one in self.errors
        )
        return self

    def response(self, scope: Scope) -> Response:
        """The answer to the request of this ASGI scope, in the language it asked for."""
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
        """The members of RFC 9457, with `code`, `errors` and what finds the request in the log beside them."""
        return {
            "type": f"/problems/{self.code}",
            "title": self.title.in_language(language),
            "status": self.status,
            "detail": self.detail.in_language(language),
            "code": self.code,
            "request_id": request_id,
            "trace_id": trace_id,
            "errors": [error.document(language) for error in self.errors],
        }
