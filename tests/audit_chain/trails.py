"""Synthetic audit lines, and the hash chain recomputed from its documentation, without the program's own code."""

import asyncio
import hashlib
import json
from hashlib import sha256
from typing import Any

import asyncpg

from app.audit_chain import sealer, verifier
from app.audit_chain.sealer import Root
from app.audit_chain.verifier import VerificationResult

INSERT_LINE = (
    "INSERT INTO audit_lines (client, scope, operation, keys, request_id, purpose_digest)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
)
INSERT_ROOT = "INSERT INTO audit_roots (hour, position, hash) VALUES ($1, $2, $3)"
ODD_TEXT = 'nama "Asy\'ari" \\ / \x01\x1f\x7f\n\té 日本 🗳'


async def add_lines(connection: asyncpg.Connection, number: int) -> None:
    """Insert lines, each in a transaction: every third has nulls only, every fourth has unusual characters."""
    for n in range(number):
        has_nulls = n % 3 == 0
        text = ODD_TEXT if n % 4 == 0 else f"word {n}"
        digest = sha256(text.encode()).hexdigest()
        nulls: tuple[Any, ...] = (None, None, text, [], None, None)
        await connection.execute(
            INSERT_LINE, *(nulls if has_nulls else (text, "a:b", text, [text, "kpu"], text, digest))
        )


async def seal_all(connection: asyncpg.Connection, number: int) -> None:
    """Seal so many lines, waiting until all older transactions of the server, also those of other tests, have ended."""
    async with asyncio.timeout(60):
        while number > 0:
            number -= await sealer.seal_lines(connection) or 0
            await asyncio.sleep(0.01)
    assert number == 0


async def recompute_chain(connection: asyncpg.Connection) -> list[tuple[int, bytes]]:
    """Recompute the chain as documented: return the line id and the hash of each position."""
    rows = await connection.fetch("SELECT l.* FROM audit_seals s JOIN audit_lines l ON l.id = s.line ORDER BY position")
    hash_, chain = b"\0" * 32, []
    for row in rows:
        at = row["at"].strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        rest = [row[name] for name in ("client", "scope", "operation", "keys", "request_id", "purpose_digest")]
        line: list[Any] = [row["id"], str(row["xid"]), at, *rest]
        hash_ = hashlib.sha256(hash_ + json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()).digest()
        chain.append((row["id"], hash_))
    return chain


async def fetch_chain(connection: asyncpg.Connection) -> list[tuple[int, bytes]]:
    """Return the stored line id and hash of each position."""
    rows = await connection.fetch("SELECT position, line, hash FROM audit_seals ORDER BY position")
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    return [(row["line"], row["hash"]) for row in rows]


async def verify(connection: asyncpg.Connection, *external_roots: Root) -> VerificationResult:
    """Verify the chain without reporting progress."""
    return await verifier.verify_chain(connection, external_roots, lambda _done, _total: None)
