"""Check in the same badge at several devices at once; exactly one of the scans must be the first entry.

As a control, the same is done without a lock on the participant's row: some badges must then have several first
entries, otherwise the scans were not concurrent and the result proves nothing.
"""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b

import asyncpg
from rich.console import Console
from uuid_utils.compat import uuid7

DEVICE_COUNTS = (2, 4, 8)
CHECK_IN = "SELECT outcome FROM check_in($1, $2::text::json, $3::text::json)"
COUNT_ENTRIES = "SELECT count(*), count(DISTINCT participant) FROM attendance WHERE meeting = $1 AND entry IS NOT NULL"
COUNT_FIRST_ENTRIES = "SELECT count(*) FROM scans WHERE meeting = $1 AND reported_outcome = 'first_entry'"
CREATE_CONTROL_TABLE = """
CREATE TABLE control (badge bytea);
CREATE INDEX ON control (badge)
"""
CONTROL_ENTRY_EXISTS = "SELECT EXISTS (SELECT FROM control WHERE badge = $1)"
INSERT_CONTROL_ENTRY = "INSERT INTO control VALUES ($1)"
CONTROL_BADGE_COUNT = 2_000


async def measure(url: str, meeting: str, badge_count: int) -> bool:
    """Print the numbers of first entries; return whether each badge has one, and one scan that was reported as such."""
    devices = [await asyncpg.connect(url) for _ in range(max(DEVICE_COUNTS))]
    owner = devices[0]
    rows = await owner.fetch("SELECT digest FROM badges WHERE meeting = $1 ORDER BY id", meeting)
    digests = [row[0] for row in rows]
    badges_by_reports: Counter[int] = Counter()
    for number, digest in enumerate(digests[:badge_count]):
        racing_devices = devices[: DEVICE_COUNTS[number % len(DEVICE_COUNTS)]]
        outcomes = await asyncio.gather(
            *(check_in(device, meeting, f"race-{n}", digest) for n, device in enumerate(racing_devices))
        )
        badges_by_reports[outcomes.count("first_entry")] += 1
    await owner.execute(CREATE_CONTROL_TABLE)
    control_count, doubled_count = min(badge_count, CONTROL_BADGE_COUNT), 0
    for digest in digests[:control_count]:
        first_entries = await asyncio.gather(*(check_in_without_lock(device, digest) for device in devices))
        doubled_count += sum(first_entries) > 1
    [(entry_count, participant_count)] = await owner.fetch(COUNT_ENTRIES, meeting)
    first_entry_count = await owner.fetchval(COUNT_FIRST_ENTRIES, meeting)
    await reset(owner, meeting)
    for device in devices:
        await device.close()
    is_correct = (
        badges_by_reports == {1: badge_count} and entry_count == participant_count == first_entry_count == badge_count
    )
    Console().print(
        f"{badge_count:,} badges, each at 2, 4 or 8 devices at once: {entry_count:,} first entries;"
        f" badges by reports of a first entry: {dict(badges_by_reports)};"
        f" without the lock {doubled_count:,} of {control_count:,} had two or more"
    )
    return is_correct and doubled_count > 0


async def check_in(device: asyncpg.Connection, meeting: str, device_id: str, badge_digest: bytes) -> str:
    """Store one scan as the service does, and return its outcome."""
    scan_id, now = uuid7(), datetime.now(UTC)
    submission = {
        "p": 0,
        "device_id": device_id,
        "clock_epoch": 0,
        "sent_at": now.isoformat(),
        "received_at": now.isoformat(),
        "client": "benchmark",
    }
    scan = {
        "p": 0,
        "n": 0,
        "id": str(scan_id),
        "digest": "\\x" + blake2b(scan_id.bytes, digest_size=16).hexdigest(),
        "badge": "\\x" + badge_digest.hex(),
        "direction": "in",
        "scanned_at": now.isoformat(),
    }
    return str(await device.fetchval(CHECK_IN, meeting, json.dumps([submission]), json.dumps([scan])))


async def check_in_without_lock(device: asyncpg.Connection, badge_digest: bytes) -> bool:
    """Insert an entry unless one exists; return whether it was inserted, as a first entry."""
    if await device.fetchval(CONTROL_ENTRY_EXISTS, badge_digest):
        return False
    await device.execute(INSERT_CONTROL_ENTRY, badge_digest)
    return True


async def reset(owner: asyncpg.Connection, meeting: str) -> None:
    """Delete all scans of the meeting, and derive its attendance again."""
    await owner.execute("DELETE FROM scans WHERE meeting = $1", meeting)
    await owner.execute("DELETE FROM devices WHERE meeting = $1", meeting)
    await owner.execute("SELECT derive_attendance($1, array_agg(id)) FROM participants WHERE meeting = $1", meeting)
    await owner.execute("VACUUM ANALYZE")  # otherwise autovacuum would run during the next measurement
