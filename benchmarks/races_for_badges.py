"""Gates that scan the same badge at the same moment: one is told of a first entry, whatever their number.

Beside it the same without the lock on the participant's row, as one would write it first: it must show doubles, or the
race is none.
"""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b

import asyncpg
from rich.console import Console
from uuid_utils.compat import uuid7

GATES = (2, 4, 8)
CHECK_IN = "SELECT outcome FROM check_in($1, $2::text::json, $3::text::json)"
ENTERED = "SELECT count(*), count(DISTINCT participant) FROM attendance WHERE meeting = $1 AND entry IS NOT NULL"
FIRST = "SELECT count(*) FROM scans WHERE meeting = $1 AND reported_outcome = 'first_entry'"
CONTROL = """
CREATE TABLE control (badge bytea);
CREATE INDEX ON control (badge)
"""
HAS_ENTERED, ENTER = "SELECT EXISTS (SELECT FROM control WHERE badge = $1)", "INSERT INTO control VALUES ($1)"
CONTROLLED = 2_000


async def measure(url: str, meeting: str, badges: int) -> bool:
    """Print what became of the badges; whether each has one first entry and was told of one."""
    first = await asyncpg.connect(url)
    gates = [first, *[await asyncpg.connect(url) for _ in range(max(GATES) - 1)]]
    digests = [row[0] for row in await first.fetch("SELECT digest FROM badges WHERE meeting = $1 ORDER BY id", meeting)]
    told: Counter[int] = Counter()
    for n, digest in enumerate(digests[:badges]):
        racing = gates[: GATES[n % len(GATES)]]
        outcomes = await asyncio.gather(*(scan(item, meeting, f"race-{m}", digest) for m, item in enumerate(racing)))
        told[outcomes.count("first_entry")] += 1
    await first.execute(CONTROL)
    doubles = 0
    for digest in digests[: min(badges, CONTROLLED)]:
        doubles += sum(await asyncio.gather(*(control(item, digest) for item in gates))) > 1
    [(entered, people)] = await first.fetch(ENTERED, meeting)
    firsts = await first.fetchval(FIRST, meeting)
    await first.execute("DELETE FROM scans WHERE meeting = $1", meeting)
    await first.execute("DELETE FROM device_clocks WHERE meeting = $1", meeting)
    await first.execute("SELECT derive_attendance($1, array_agg(id)) FROM participants WHERE meeting = $1", meeting)
    await first.execute("VACUUM ANALYZE")  # else autovacuum would do so in the midst of what is measured next
    for gate in gates:
        await gate.close()
    sound = told == {1: badges} and entered == people == firsts == badges
    Console().print(
        f"{badges:,} badges, each at {GATES} gates in turn: {entered:,} first entries, told {dict(told)};"
        f" without the lock {doubles:,} of {min(badges, CONTROLLED):,} had two or more"
    )
    return sound and doubles > 0


async def scan(gate: asyncpg.Connection, meeting: str, device: str, badge: bytes) -> str:
    id_, now = uuid7(), datetime.now(UTC)
    sent = {
        "p": 0,
        "device_id": device,
        "clock_epoch": 0,
        "sent_at": now.isoformat(),
        "received_at": now.isoformat(),
        "client": "gate",
    }
    given = {
        "p": 0,
        "n": 0,
        "id": str(id_),
        "digest": "\\x" + blake2b(id_.bytes, digest_size=16).hexdigest(),
        "badge": "\\x" + badge.hex(),
        "direction": "in",
        "scanned_at": now.isoformat(),
    }
    return str(await gate.fetchval(CHECK_IN, meeting, json.dumps([sent]), json.dumps([given])))


async def control(gate: asyncpg.Connection, badge: bytes) -> bool:
    """Whether this gate would say that it was the first entry."""
    if await gate.fetchval(HAS_ENTERED, badge):
        return False
    await gate.execute(ENTER, badge)
    return True
