"""What an operator asks of the chain, each over a connection of its own."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import orjson

from app.audit_chain import sealer, task, verifier
from app.audit_chain.sealer import Root
from app.settings import Settings


async def verify_trail(
    url: str, external_roots: Sequence[Root], progress: verifier.ReportProgress
) -> verifier.VerificationResult:
    """`verifying.verify`, for as long as it takes."""
    connection = await asyncpg.connect(url, timeout=5, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        return await verifier.verify_chain(connection, external_roots, progress)
    finally:
        await connection.close()


async def seal_trail(settings: Settings) -> int | None:
    """Seal until nothing is left that can be sealed; None where another sealer is at it."""
    connection = await task.connect(settings)
    try:
        total = None
        while sealed := await sealer.seal_lines(connection):
            total = (total or 0) + sealed
        return total if sealed is None else total or 0
    finally:
        await connection.close()


def parse_roots(document: bytes) -> list[Root]:
    """Roots as `/v1/audit/roots` shows them, a page or the bare list of items; ValueError where there are none."""
    answer = orjson.loads(document)
    try:
        found = [
            Root(datetime.fromisoformat(item["hour"]), int(item["position"]), bytes.fromhex(item["hash"]))
            for item in (answer["items"] if isinstance(answer, dict) else answer)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no list of roots") from error
    if not found:
        raise ValueError("an empty list of roots")
    return found
