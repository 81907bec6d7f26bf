"""Problem types of the request, the caller and the service, independent of the record."""

from collections.abc import Callable, Mapping
from typing import Any

from app.core.languages import Language, Text
from app.core.problems.problem import Problem


class Malformed(Problem):
    """The bytes of the request are not HTTP, not UTF-8, or not JSON."""

    status, code = 400, "malformed"
    title = Text("Permintaan rusak", "Malformed request")
    remedy = Text(
        "Kirim permintaan HTTP/1.1 yang sah; alamat dan parameternya dalam UTF-8 tanpa karakter nol, isinya JSON "
        "yang sah.",
        "Send valid HTTP/1.1, with the address and its parameters in UTF-8 and without NUL characters, and valid JSON "
        "for a body.",
    )


class IdempotencyKeyRequired(Problem):
    """The Idempotency-Key header of a request that creates an object is missing or malformed."""

    status, code = 400, "idempotency_key_required"
    title = Text("Idempotency-Key diperlukan", "Idempotency-Key is required")
    remedy = Text(
        "Sertakan Idempotency-Key dengan nilai baru untuk setiap permintaan yang membuat objek.",
        "Send an Idempotency-Key, with a new value for each request that creates an object.",
    )

    def __init__(self, detail: Text | None = None) -> None:
        super().__init__(detail=detail)


class Unauthenticated(Problem):
    """The request has no valid access token."""

    status, code = 401, "unauthenticated"
    title = Text("Token diperlukan", "A token is required")
    remedy = Text(
        "Sertakan token akses yang berlaku: Authorization: Bearer …",
        "Send a valid access token: Authorization: Bearer …",
    )


class Forbidden(Problem):
    """The caller is authenticated but not allowed to do this."""

    status = 403


class InsufficientScope(Forbidden):
    """The access token does not contain the required scope."""

    code = "insufficient_scope"
    title = Text("Cakupan token tidak cukup", "Insufficient scope")
    remedy = Text(
        "Minta token dengan cakupan yang disebut pada WWW-Authenticate.",
        "Request a token with the scope named in WWW-Authenticate.",
    )

    def __init__(self, scope: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        detail = Text(f"Diperlukan token dengan cakupan {scope}.", f"A token with the scope {scope} is required.")
        super().__init__(detail=detail if scope else None, headers=headers)


class OutsideOrganization(Forbidden):
    """The object is outside the organization or the meeting to which the client is bound."""

    code = "outside_organization"
    title = Text("Di luar lembaga klien ini", "Outside this client's organization")
    remedy = Text(
        "Klien ini hanya boleh menulis pada lembaganya dan yang ada di bawahnya.",
        "This client may write only within its organization and the organizations below it.",
    )


class NotFound(Problem):
    """The object does not exist, or the caller may not know that it does."""

    status, code = 404, "not_found"
    title = Text("Tidak ditemukan", "Not found")
    remedy = Text("Tidak ada apa pun pada alamat ini.", "There is nothing at this address.")


class MethodNotAllowed(Problem):
    """The address exists, but not with this method."""

    status, code = 405, "method_not_allowed"
    title = Text("Metode tidak diizinkan", "Method not allowed")
    remedy = Text("Gunakan salah satu metode pada Allow.", "Use one of the methods in Allow.")


class NotAcceptable(Problem):
    """The service offers no media type in Accept."""

    status, code = 406, "not_acceptable"
    title = Text("Format tidak tersedia", "Not acceptable")
    remedy = Text(
        "Accept tidak memuat format yang tersedia di sini. Kontrak menyebutnya; biasanya application/json.",
        "Accept names no media type that is available here. The contract lists them; usually it is application/json.",
    )


class RequestTimeout(Problem):
    """The request did not arrive in time."""

    status, code = 408, "request_timeout"
    title = Text("Permintaan terlalu lama", "The request took too long to arrive")
    remedy = Text(
        "Kirim kepala dan isi permintaan tanpa jeda lebih dari 10 detik.",
        "Send the header and the body without a pause of more than 10 seconds.",
    )


class ContentTooLarge(Problem):
    """The body exceeds the limit of its route."""

    status, code = 413, "content_too_large"
    title = Text("Isi permintaan terlalu besar", "Content too large")
    remedy = Text(
        "Isi permintaan paling besar 1 MiB, kumpulan (batch) dan impor 8 MiB.",
        "A request body must be at most 1 MiB, that of a batch or an import 8 MiB.",
    )


class UriTooLong(Problem):
    """The request target exceeds 8 KiB."""

    status, code = 414, "uri_too_long"
    title = Text("Alamat terlalu panjang", "URI too long")
    remedy = Text("Alamat paling panjang 8 KiB.", "A URI must be at most 8 KiB long.")


class UnsupportedMediaType(Problem):
    """The media type or the encoding of the body is not supported."""

    status, code = 415, "unsupported_media_type"
    title = Text("Jenis isi tidak didukung", "Unsupported media type")
    remedy = Text(
        "Kirim isi dalam UTF-8, tanpa kompresi, dengan salah satu Content-Type pada Accept atau Accept-Patch.",
        "Send the body in UTF-8, uncompressed, with one of the Content-Types in Accept or Accept-Patch.",
    )


class InvalidParameters(Problem):
    """A query or path parameter is invalid; `errors` name it."""

    status, code = 422, "invalid_parameters"
    title = Text("Parameter tidak sah", "Invalid parameters")
    remedy = Text("Perbaiki parameter yang disebut pada errors.", "Correct the parameters named in errors.")


class InvalidContent(Problem):
    """A member of the body is invalid; `errors` point to it."""

    status, code = 422, "invalid_content"
    title = Text("Isi permintaan tidak sah", "Invalid content")
    remedy = Text("Perbaiki anggota yang disebut pada errors.", "Correct the members named in errors.")


class ImportRefused(Problem):
    """Its document also has the members of the response to an import, with the status of each row."""

    status, code = 422, "import_refused"
    title = Text("Ada baris yang ditolak", "Rows were refused")
    remedy = Text(
        "Tidak ada yang disimpan. Perbaiki baris yang disebut pada rows, atau simpan yang lain dengan partial=true.",
        "Nothing was stored. Correct the rows named in rows, or store the others with partial=true.",
    )

    def __init__(self, result: Callable[[Language], Mapping[str, Any]] = lambda _: {}) -> None:
        super().__init__()
        self.result = result

    def document(
        self, language: Language = "id", request_id: str | None = None, trace_id: str | None = None
    ) -> dict[str, Any]:
        """Return the problem document with the members of the response to the import added (the status of each row)."""
        return {**super().document(language, request_id, trace_id), **self.result(language)}


class IdempotencyKeyReused(Problem):
    """Another request used this Idempotency-Key."""

    status, code = 422, "idempotency_key_reused"
    title = Text("Idempotency-Key sudah dipakai", "Idempotency-Key was already used")
    remedy = Text(
        "Kunci ini milik permintaan lain dengan isi yang berbeda. Gunakan kunci baru.",
        "This key belongs to another request with different content. Use a new key.",
    )


class TooRecent(Problem):
    """Writes still in progress may belong to the instant `known_at`."""

    status, code = 422, "too_recent"
    title = Text("Saat itu terlalu baru", "That instant is too recent")
    remedy = Text(
        "known_at harus paling sedikit 10 detik yang lalu, karena keadaan yang lebih baru masih dapat berubah.",
        "known_at must be at least 10 seconds in the past, because newer states can still change.",
    )


class TooManyRequests(Problem):
    """The caller exceeded a rate limit; it may retry after the time in Retry-After."""

    status, code = 429, "too_many_requests"
    title = Text("Terlalu banyak permintaan", "Too many requests")
    remedy = Text(
        "Coba lagi setelah waktu pada Retry-After; RateLimit-Policy menyebut batasnya.",
        "Try again after the time in Retry-After; RateLimit-Policy states the limit.",
    )

    def __init__(
        self, *, retry_after: int = 1, detail: Text | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail=detail, headers={"Retry-After": str(retry_after), **(headers or {})})


class HeadersTooLarge(Problem):
    """The header section exceeds 32 KiB."""

    status, code = 431, "headers_too_large"
    title = Text("Kepala permintaan terlalu besar", "Request header fields too large")
    remedy = Text("Kepala permintaan paling besar 32 KiB.", "The header section must be at most 32 KiB.")


class InternalError(Problem):
    """An error of the service, which the caller cannot correct."""

    status, code = 500, "internal_error"
    title = Text("Kesalahan layanan", "Internal error")
    remedy = Text(
        "Kesalahan ada pada layanan, bukan pada permintaan. Laporkan dengan request_id.",
        "The error is in the service, not in the request. Report it with the request_id.",
    )


class Unavailable(Problem):
    """The database or free capacity is missing; the caller may retry after the time in Retry-After."""

    status, code = 503, "unavailable"
    title = Text("Layanan sedang tidak tersedia", "Service unavailable")
    remedy = Text("Coba lagi setelah waktu pada Retry-After.", "Try again after the time in Retry-After.")

    def __init__(self, *, retry_after: int = 2, detail: Text | None = None) -> None:
        super().__init__(detail=detail, headers={"Retry-After": str(retry_after)})
