"""Problems of the request, of the caller and of the service: whatever the record holds, they are there."""

from collections.abc import Callable, Mapping
from typing import Any

from app.core.languages import Language, Text
from app.core.problems.problem import Problem


class Malformed(Problem):
    status, code = 400, "malformed"
    title = Text("Permintaan rusak", "Malformed request")
    remedy = Text(
        "Kirim permintaan HTTP/1.1 yang sah; alamat dan parameternya dalam UTF-8 tanpa karakter nol, isinya JSON "
        "yang sah.",
        "Send valid HTTP/1.1, with the address and its parameters in UTF-8 and without NUL characters, and valid JSON "
        "for a body.",
    )


class IdempotencyKeyRequired(Problem):
    status, code = 400, "idempotency_key_required"
    title = Text("Idempotency-Key diperlukan", "Idempotency-Key is required")
    remedy = Text(
        "Sertakan Idempotency-Key dengan nilai baru untuk setiap permintaan yang membuat sesuatu.",
        "Send an Idempotency-Key, a new one for each request that creates something.",
    )


class Unauthenticated(Problem):
    status, code = 401, "unauthenticated"
    title = Text("Token diperlukan", "A token is needed")
    remedy = Text(
        "Sertakan token akses yang berlaku: Authorization: Bearer …",
        "Send a valid access token: Authorization: Bearer …",
    )


class Forbidden(Problem):
    """The caller is known, and may not."""

    status = 403


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    title = Text("Cakupan token tidak cukup", "The token's scope is not enough")
    remedy = Text(
        "Minta token dengan cakupan yang disebut pada WWW-Authenticate.",
        "Ask for a token with the scope named in WWW-Authenticate.",
    )

    def __init__(self, scope: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        detail = Text(f"Diperlukan token dengan cakupan {scope}.", f"A token with the scope {scope} is needed.")
        super().__init__(detail=detail if scope else None, headers=headers)


class OutsideOrganization(Forbidden):
    code = "outside_organization"
    title = Text("Di luar lembaga klien ini", "Outside this client's organization")
    remedy = Text(
        "Klien ini hanya boleh menulis pada lembaganya dan yang ada di bawahnya.",
        "This client may write only within its organization and what lies under it.",
    )


class NotFound(Problem):
    status, code = 404, "not_found"
    title = Text("Tidak ditemukan", "Not found")
    remedy = Text("Tidak ada apa pun pada alamat ini.", "There is nothing at this address.")


class MethodNotAllowed(Problem):
    status, code = 405, "method_not_allowed"
    title = Text("Metode tidak diizinkan", "Method not allowed")
    remedy = Text("Gunakan salah satu metode pada Allow.", "Use one of the methods in Allow.")


class NotAcceptable(Problem):
    status, code = 406, "not_acceptable"
    title = Text("Format tidak tersedia", "Not acceptable")
    remedy = Text(
        "Accept tidak memuat format yang tersedia di sini; kontrak menyebutnya, biasanya application/json.",
        "Accept names no media type that is served here; the contract tells them, mostly application/json.",
    )


class RequestTimeout(Problem):
    status, code = 408, "request_timeout"
    title = Text("Permintaan terlalu lama", "The request took too long to arrive")
    remedy = Text(
        "Kirim kepala dan isi permintaan tanpa jeda lebih dari 10 detik.",
        "Send the header and the body without a silence of more than 10 seconds.",
    )


class ContentTooLarge(Problem):
    status, code = 413, "content_too_large"
    title = Text("Isi permintaan terlalu besar", "Content too large")
    remedy = Text(
        "Isi permintaan paling besar 1 MiB, kumpulan (batch) 8 MiB.",
        "A request body is at most 1 MiB, that of a batch 8 MiB.",
    )


class UriTooLong(Problem):
    status, code = 414, "uri_too_long"
    title = Text("Alamat terlalu panjang", "URI too long")
    remedy = Text("Alamat paling panjang 8 KiB.", "An address is at most 8 KiB long.")


class UnsupportedMediaType(Problem):
    status, code = 415, "unsupported_media_type"
    title = Text("Jenis isi tidak didukung", "Unsupported media type")
    remedy = Text(
        "Kirim isi dalam UTF-8, tanpa kompresi, dengan Content-Type yang disebut pada Accept atau Accept-Patch.",
        "Send the body in UTF-8, not compressed, with the Content-Type named in Accept or Accept-Patch.",
    )


class InvalidParameters(Problem):
    status, code = 422, "invalid_parameters"
    title = Text("Parameter tidak sah", "Invalid parameters")
    remedy = Text(
        "Perbaiki parameter yang disebut pada errors.",
        "Correct the parameters named in errors.",
    )


class InvalidContent(Problem):
    status, code = 422, "invalid_content"
    title = Text("Isi permintaan tidak sah", "Invalid content")
    remedy = Text("Perbaiki anggota yang disebut pada errors.", "Correct the members named in errors.")


class ImportRefused(Problem):
    """Its document also has the members of an import's answer, with a verdict for each row."""

    status, code = 422, "import_refused"
    title = Text("Ada baris yang ditolak", "Rows were refused")
    remedy = Text(
        "Tidak ada yang disimpan. Perbaiki baris yang disebut pada rows, atau simpan yang lain dengan partial=true.",
        "Nothing was kept. Correct the rows named in rows, or keep the others with partial=true.",
    )

    def __init__(self, result: Callable[[Language], Mapping[str, Any]] = lambda _: {}) -> None:
        super().__init__()
        self.result = result

    def document(
        self, language: Language = "id", request_id: str | None = None, trace_id: str | None = None
    ) -> dict[str, Any]:
        return {**super().document(language, request_id, trace_id), **self.result(language)}


class IdempotencyKeyReused(Problem):
    status, code = 422, "idempotency_key_reused"
    title = Text("Idempotency-Key sudah dipakai", "Idempotency-Key was used before")
    remedy = Text(
        "Kunci ini milik permintaan lain dengan isi yang berbeda. Gunakan kunci baru.",
        "This key belongs to another request with other content. Use a new one.",
    )


class TooRecent(Problem):
    status, code = 422, "too_recent"
    title = Text("Saat itu terlalu baru", "That instant is too recent")
    remedy = Text(
        "known_at harus paling sedikit 10 detik yang lalu: yang lebih baru masih dapat berubah.",
        "known_at must lie at least 10 seconds in the past: what is younger can still change.",
    )


class TooManyRequests(Problem):
    status, code = 429, "too_many_requests"
    title = Text("Terlalu banyak permintaan", "Too many requests")
    remedy = Text(
        "Coba lagi setelah waktu pada Retry-After; RateLimit-Policy menyebut batasnya.",
        "Try again after the time given in Retry-After; RateLimit-Policy tells the limit.",
    )

    def __init__(self, *, retry_after: int = 1, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers={"Retry-After": str(retry_after), **(headers or {})})


class HeadersTooLarge(Problem):
    status, code = 431, "headers_too_large"
    title = Text("Kepala permintaan terlalu besar", "Request header fields too large")
    remedy = Text("Kepala permintaan paling besar 32 KiB.", "The header block is at most 32 KiB.")


class InternalError(Problem):
    status, code = 500, "internal_error"
    title = Text("Kesalahan layanan", "Internal error")
    remedy = Text(
        "Kesalahan ada pada layanan, bukan pada permintaan. Laporkan dengan request_id.",
        "The fault is ours, not the request's. Report it with its request_id.",
    )


class Unavailable(Problem):
    status, code = 503, "unavailable"
    title = Text("Layanan sedang tidak tersedia", "Service unavailable")
    remedy = Text(
        "Coba lagi setelah waktu pada Retry-After.",
        "Try again after the time given in Retry-After.",
    )

    def __init__(self, *, retry_after: int = 2, detail: Text | None = None) -> None:
        super().__init__(detail=detail, headers={"Retry-After": str(retry_after)})
