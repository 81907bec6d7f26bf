"""Sentences for the operator: why the service cannot use a database, and what to do."""

import ssl
from collections.abc import Mapping, Sequence

import asyncpg

from app.core.languages import Text
from app.models.schema import SchemaState

MAX_NAMED_DEFECTS = 3

POOLER_TEXT = Text(
    "Sebuah pooler koneksi dalam mode transaksi atau pernyataan berada di antaranya: pengaturan satu koneksi berlaku "
    "untuk koneksi lain. Atur pool_mode = session, atau hubungkan langsung.",
    "A connection pooler in transaction or statement mode is in between: the settings of one connection reach another "
    "one. Set pool_mode = session, or connect directly.",
)

# By the beginning of the SQLSTATE; the longest that fits counts. The server's own message is not shown, because it may
# contain names.
_ERROR_TEXTS: Mapping[str, Text] = {
    "08P01": POOLER_TEXT,
    "25006": Text(
        "Basis data hanya dapat dibaca: server siaga, atau default_transaction_read_only menyala untuk peran, basis "
        "data atau server.",
        "The database is read-only: it is a standby, or default_transaction_read_only is on for the role, the database "
        "or the server.",
    ),
    "26000": POOLER_TEXT,
    "28": Text(
        "Server menolak peran layanan atau kata sandinya.", "The server refuses the service's role or its password."
    ),
    "3D000": Text("Basis data tidak ada.", "The database does not exist."),
    "42501": Text(
        "Peran layanan tidak mempunyai hak yang diperlukan; jalankan `rakornas migrate --grant-to PERAN`.",
        "The service's role lacks a privilege; run `rakornas migrate --grant-to ROLE`.",
    ),
    "42P05": POOLER_TEXT,
    "53300": Text("Server tidak mempunyai koneksi bebas.", "The server has no free connection."),
    "57P03": Text("Server sedang dimulai atau dihentikan.", "The server is starting or shutting down."),
}


def describe_error(error: BaseException) -> Text:
    """Return the sentence about an error of the driver, or of the connection."""
    if isinstance(error, ssl.SSLError | asyncpg.ClientConfigurationError):
        return Text(
            "DATABASE_URL tidak dapat dipakai, atau TLS dengan server gagal; `rakornas serve` menyebutkan sebabnya "
            "saat dijalankan.",
            "DATABASE_URL cannot be used, or TLS with the server fails; `rakornas serve` names the cause at its start.",
        )
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    for length in (5, 2):
        if text := _ERROR_TEXTS.get(sqlstate[:length]):
            return text
    if sqlstate and not sqlstate.startswith(("08", "57")):
        return Text(
            f"Basis data menjawab dengan galat {sqlstate} ({type(error).__name__}).",
            f"The database answers with the error {sqlstate} ({type(error).__name__}).",
        )
    return Text("Basis data tidak menjawab.", "The database does not respond.")


def describe_defects(defects: Sequence[str]) -> Text:
    """Return the sentence about what the service's role lacks; at most three things are named."""
    named = ", ".join(defects[:MAX_NAMED_DEFECTS])
    rest = len(defects) - MAX_NAMED_DEFECTS
    return Text(
        f"Peran layanan tidak mempunyai: {named}{f', dan {rest} lainnya' if rest > 0 else ''}. Jalankan `rakornas "
        "migrate --grant-to PERAN` sebagai pemilik basis data.",
        f"The service's role lacks: {named}{f', and {rest} more' if rest > 0 else ''}. Run `rakornas migrate "
        "--grant-to ROLE` as the owner of the database.",
    )


def describe_state(state: SchemaState, revision: str | None) -> Text:
    """Return the sentence about a database whose schema does not fit this release."""
    if state == "retired":
        return Text(
            f"Skema basis data ada pada revisi {revision}, dari sebelum rilis pertama, dan tidak dapat dimigrasikan. "
            "Gunakan direktori data baru atau basis data kosong: `rakornas migrate`, lalu `rakornas load`.",
            f"The database schema is at revision {revision}, from before the first release, and cannot be migrated. "
            "Use a new data directory or an empty database: `rakornas migrate`, then `rakornas load`.",
        )
    if state == "unknown":
        return Text(
            f"Basis data ada pada revisi {revision}, yang tidak dikenal rilis ini.",
            f"The database is at revision {revision}, which this release does not know.",
        )
    return Text(
        "Skema basis data lebih lama daripada layanan; jalankan `rakornas migrate`.",
        "The database schema is older than the service; run `rakornas migrate`.",
    )
