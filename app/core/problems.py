"""What can go wrong, as problem documents (RFC 9457).

    Problem
    ├── Malformed            400  the bytes of the request are not HTTP, or not UTF-8
    ├── Unauthenticated      401  a token is needed
    ├── NotFound             404  nothing here, or nothing that this caller may know of
    ├── MethodNotAllowed     405
    ├── NotAcceptable        406  none of the media types asked for can be served
    ├── RequestTimeout       408  the request did not arrive in time
    ├── ContentTooLarge      413
    ├── UriTooLong           414
    ├── InvalidParameters    422  a query or path parameter is wrong; `errors` says which and what is allowed
    ├── HeadersTooLarge      431
    ├── InternalError        500  a fault of ours
    └── Unavailable          503  the database or a place in the queue is missing; come back after Retry-After

A problem never repeats what was sent, but for the name of a parameter. Its `type` is the address of a page about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from app.core.languages import Language, Text, preferred

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Invalid:
    """One reason of many: the parameter (or the JSON pointer) that is wrong, a stable code, and what is allowed."""

    code: str
    detail: Text
    parameter: str | None = None
    pointer: str | None = None

    def document(self, language: Language) -> dict[str, str]:
        place = {"parameter": self.parameter[:100]} if self.parameter is not None else {"pointer": self.pointer or ""}
        return {**place, "code": self.code, "detail": self.detail.in_(language)}


class Problem(Exception):
    """The root: each subclass is one kind of problem with a page of its own."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[Text]
    mend: ClassVar[Text]

    def __init__(self, *errors: Invalid, detail: Text | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(self.code)
        self.errors = errors
        self.detail = detail or self.mend
        self.headers = dict(headers or {})

    def response(self, scope: Scope) -> Response:
        """The answer to the request of this ASGI scope, in the language it asked for."""
        language = preferred(Headers(scope=scope).get("accept-language", ""))
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
            "title": self.title.in_(language),
            "status": self.status,
            "detail": self.detail.in_(language),
            "code": self.code,
            "request_id": request_id,
            "trace_id": trace_id,
            "errors": [error.document(language) for error in self.errors],
        }


class Malformed(Problem):
    status, code = 400, "malformed"
    title = Text("Permintaan rusak", "Malformed request")
    mend = Text(
        "Kirim permintaan HTTP/1.1 yang sah; alamat dan parameternya dalam UTF-8 tanpa karakter nol.",
        "Send valid HTTP/1.1, with the address and its parameters in UTF-8 and without NUL characters.",
    )


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"
    title = Text("Token diperlukan", "A token is needed")
    mend = Text(
        "Sertakan token akses yang berlaku: Authorization: Bearer …",
        "Send a valid access token: Authorization: Bearer …",
    )


class NotFound(Problem):
    status, code = 404, "not_found"
    title = Text("Tidak ditemukan", "Not found")
    mend = Text("Tidak ada apa pun pada alamat ini.", "There is nothing at this address.")


class MethodNotAllowed(Problem):
    status, code = 405, "method_not_allowed"
    title = Text("Metode tidak diizinkan", "Method not allowed")
    mend = Text("Gunakan salah satu metode pada Allow.", "Use one of the methods in Allow.")


class NotAcceptable(Problem):
    status, code = 406, "not_acceptable"
    title = Text("Format tidak tersedia", "Not acceptable")
    mend = Text(
        "Accept tidak memuat format yang tersedia di sini: application/json.",
        "Accept names no media type that is served here: application/json.",
    )


class RequestTimeout(Problem):
    status, code = 408, "request_timeout"
    title = Text("Permintaan terlalu lama", "The request took too long to arrive")
    mend = Text(
        "Kirim kepala dan isi permintaan tanpa jeda lebih dari 10 detik.",
        "Send the header and the body without a silence of more than 10 seconds.",
    )


class ContentTooLarge(Problem):
    status, code = 413, "content_too_large"
    title = Text("Isi permintaan terlalu besar", "Content too large")
    mend = Text("Isi permintaan paling besar 1 MiB.", "A request body is at most 1 MiB.")


class UriTooLong(Problem):
    status, code = 414, "uri_too_long"
    title = Text("Alamat terlalu panjang", "URI too long")
    mend = Text("Alamat paling panjang 8 KiB.", "An address is at most 8 KiB long.")


class InvalidParameters(Problem):
    status, code = 422, "invalid_parameters"
    title = Text("Parameter tidak sah", "Invalid parameters")
    mend = Text(
        "Perbaiki parameter yang disebut pada errors.",
        "Correct the parameters named in errors.",
    )


class HeadersTooLarge(Problem):
    status, code = 431, "headers_too_large"
    title = Text("Kepala permintaan terlalu besar", "Request header fields too large")
    mend = Text("Kepala permintaan paling besar 32 KiB.", "The header block is at most 32 KiB.")


class InternalError(Problem):
    status, code = 500, "internal_error"
    title = Text("Kesalahan layanan", "Internal error")
    mend = Text(
        "Kesalahan ada pada layanan, bukan pada permintaan. Laporkan dengan request_id.",
        "The fault is ours, not the request's. Report it with its request_id.",
    )


class Unavailable(Problem):
    status, code = 503, "unavailable"
    title = Text("Layanan sedang tidak tersedia", "Service unavailable")
    mend = Text(
        "Coba lagi setelah waktu pada Retry-After.",
        "Try again after the time given in Retry-After.",
    )

    def __init__(self, *, retry_after: int = 2, detail: Text | None = None) -> None:
        super().__init__(detail=detail, headers={"Retry-After": str(retry_after)})


KINDS: dict[str, type[Problem]] = {kind.code: kind for kind in Problem.__subclasses__()}
