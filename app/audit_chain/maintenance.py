"""The operations of `rakornas audit`, each over a connection of its own."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from app.audit_chain import sealer, task, verifier
from app.audit_chain.sealer import Root
from app.core.db.sessions import Connector
from app.settings import Settings


async def verify_trail(
    url: str, external_roots: Sequence[Root], report_progress: verifier.ReportProgress
) -> verifier.VerificationResult:
    """Verify a database's whole audit trail, and also against these roots, over a connection of its own."""
    connection = await Connector(url, "rakornas audit").connect()
    try:
        return await verifier.verify_chain(connection, external_roots, report_progress)
    finally:
        await connection.close()


async def seal_trail(settings: Settings) -> int | None:
    """Store chain hashes of all audit lines that can be sealed; return their number, None if another sealer runs."""
    connection = await task.connect(settings)
    try:
        total = None
        while sealed := await sealer.seal_lines(connection):
            total = (total or 0) + sealed
        return total if sealed is None else total or 0
    finally:
        await connection.close()


def parse_roots(document: bytes) -> list[Root]:
    """Parse the JSON response of `/v1/audit/roots`, its list of items, or one item, to roots (hashes by position).

    Raises:
        ValueError: It is not such a document, or it contains no root.
    """
    page = orjson.loads(document)
    try:
        items = page if isinstance(page, list) else page.get("items", [page])
        roots = [
            Root(
                datetime.fromisoformat(item["hour"]) if "hour" in item else None,
                int(item["position"]),
                bytes.fromhex(item["hash"]),
            )
            for item in items
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a list of roots") from error
    if not roots:
        raise ValueError("an empty list of roots")
    return roots
