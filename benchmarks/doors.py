"""Check-ins: gates that race for one badge, rates beside bare inserts, a queue that empties."""

import asyncio
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table
from uuid_utils.compat import uuid7

from app.badges.keys import derive_key
from app.badges.repository import hash_token
from app.core.embedded.installation import find_binaries
from benchmarks import crowd, dataset, posts, races_for_badges
from benchmarks.writers import Service

GATES, WORKERS, BATCH = 16, 2, 500
ALONE, KEPT, DEVICES, QUEUED = 20_000, 60_000, 20, 6_000
SINGLE_TARGET, P99_TARGET, BATCH_TARGET, QUEUE_TARGET = 800, 0.050, 15_000, 5.0
SUMMARY_TARGET, ASKED = 0.010, 2_000
PATH = f"/v1/meetings/{crowd.MEETING}/check-ins"
# What pgbench does beside: a bare row for each scan, with the keys that a scan must have.
BARE = """
CREATE TABLE bare (
    meeting text, id uuid, badge uuid, at timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (meeting, id)
);
CREATE INDEX ON bare (badge)
"""
ONE = "INSERT INTO bare VALUES ('m', gen_random_uuid(), gen_random_uuid());\n"
MANY = f"INSERT INTO bare SELECT 'm', gen_random_uuid(), gen_random_uuid() FROM generate_series(1, {BATCH});\n"


def run(quick: bool) -> bool:
    """Print the table; whether every target was met."""
    share = 50 if quick else 1
    people = crowd.QUICK if quick else crowd.PEOPLE
    table = Table("", "rate/s", "p99 ms", "bare inserts/s", "target", title=f"{GATES} gates, {WORKERS} workers")
    with dataset.filled() as url:
        tokens = asyncio.run(prepare(url, people))
        contended = asyncio.run(races_for_badges.measure(url, crowd.MEETING, people if not quick else 200))
        service = Service(url, workers=WORKERS)
        service.start()
        try:
            met = [
                contended,
                alone(url, service, tokens, ALONE // share, table),
                in_batches(url, service, tokens, KEPT // share, table),
                queue(service, tokens, QUEUED // share, table),
                summary(service, ASKED // share, table),
            ]
        finally:
            service.kill()
    Console().print(table)
    return all(met)


async def prepare(url: str, people: int) -> list[str]:
    """A meeting that everybody was asked to, with a badge for each; their tokens."""
    connection = await asyncpg.connect(url)
    await crowd.gather(connection, people)
    secret = await connection.fetchval("SELECT key FROM service_keys WHERE purpose = 'badges'")
    key = derive_key(bytes(secret), crowd.MEETING)
    listed = await connection.fetch("SELECT id FROM participants WHERE meeting = $1 ORDER BY id", crowd.MEETING)
    ids = [uuid7() for _ in listed]
    tokens = [key.sign(id_) for id_ in ids]
    badges = [
        (id_, crowd.MEETING, row[0], hash_token(token)) for id_, row, token in zip(ids, listed, tokens, strict=True)
    ]
    columns = ("id", "meeting", "participant", "digest")
    await connection.copy_records_to_table("badges", records=badges, columns=columns)
    await connection.execute("ANALYZE")
    await connection.execute(BARE)
    await connection.close()
    return tokens


def scan(token: str) -> dict[str, Any]:
    return {"scan_id": str(uuid7()), "badge": token, "scanned_at": datetime.now(UTC).isoformat()}


def sent(device: str, more: dict[str, Any]) -> bytes:
    return json.dumps({"device_id": device, "device_sent_at": datetime.now(UTC).isoformat(), **more}).encode()


def alone(url: str, service: Service, tokens: Sequence[str], number: int, table: Table) -> bool:
    bearer = service.client("check-ins:write").token()
    gates = [
        [
            posts.request(PATH, bearer, sent(f"alone-{gate}", scan(tokens[n % len(tokens)])))
            for n in range(gate, number, GATES)
        ]
        for gate in range(GATES)
    ]
    posts.send(service.port, [gate[: len(gate) // 10] for gate in gates])  # what is sent again here only warms up
    done = posts.send(service.port, [gate[len(gate) // 10 :] for gate in gates])
    check(done, {201})
    rate, p99 = len(done.all) / done.seconds, done.p99()
    row(table, "single check-ins", rate, p99, bare(url, ONE, 1), f">= {SINGLE_TARGET}/s, <= {P99_TARGET * 1000:g} ms")
    return rate >= SINGLE_TARGET and p99 <= P99_TARGET


def in_batches(url: str, service: Service, tokens: Sequence[str], number: int, table: Table) -> bool:
    bearer = service.client("check-ins:write").token()
    batches = list(parts(tokens, number, BATCH))
    gates = [
        [
            posts.request(f"{PATH}:batch", bearer, sent(f"kept-{gate}", {"scans": [scan(item) for item in batch]}))
            for batch in batches[gate::4]
        ]
        for gate in range(4)
    ]
    done = posts.send(service.port, gates)
    check(done, {207})
    rate = sum(len(batch) for batch in batches) / done.seconds
    row(table, f"in batches of {BATCH}", rate, done.p99(), bare(url, MANY, BATCH), f">= {BATCH_TARGET:,} scans/s")
    return rate >= BATCH_TARGET


def queue(service: Service, tokens: Sequence[str], number: int, table: Table) -> bool:
    """Twenty devices send what they have kept, all at the moment when the network is back."""
    bearer = service.client("check-ins:write").token()
    kept = list(parts(tokens, number, number // DEVICES))
    gates = [
        [posts.request(f"{PATH}:batch", bearer, sent(f"queue-{n}", {"scans": [scan(item) for item in batch]}))]
        for n, batch in enumerate(kept)
    ]
    done = posts.send(service.port, gates)
    check(done, {207})
    title = f"{number:,} queued scans of {len(gates)} devices: {done.seconds:.2f} s"
    row(table, title, number / done.seconds, done.p99(), None, f"<= {QUEUE_TARGET:g} s")
    return done.seconds <= QUEUE_TARGET


def summary(service: Service, number: int, table: Table) -> bool:
    """One after the other, so that what is measured is the summary and no queue."""
    at = f"GET /v1/meetings/{crowd.MEETING}/attendance/summary"
    met = True
    for by in ("", "?by=organization", "?by=region", "?by=session"):
        done = posts.send(service.port, [[f"{at}{by} HTTP/1.1\r\nHost: gate\r\n\r\n".encode()] * number])
        check(done, {200})
        title = f"summary of the roll {by}"
        row(table, title, number / done.seconds, done.p99(), None, f"<= {SUMMARY_TARGET * 1000:g} ms")
        met = met and done.p99() <= SUMMARY_TARGET
    return met


def parts(tokens: Sequence[str], number: int, size: int) -> Iterable[list[str]]:
    for first in range(0, number, size):
        yield [tokens[n % len(tokens)] for n in range(first, min(first + size, number))]


def check(done: posts.Sent, allowed: set[int]) -> None:
    seen = Counter(answer.status for answer in done.all)
    if set(seen) - allowed:
        raise RuntimeError(f"answers other than {allowed}: {seen}")


def bare(url: str, statement: str, rows: int) -> float:
    """Rows a second that pgbench inserts on the same server, with as many connections as the service writes with."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(statement)
        script.flush()
        pgbench = find_binaries().bin_dir / "pgbench"
        command = [str(pgbench), "-n", "-c", "6", "-j", "1", "-T", "3", "-f", script.name, url]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    asyncio.run(written_out(url))
    return float(out.partition("tps = ")[2].partition(" ")[0]) * rows


async def written_out(url: str) -> None:
    """Else the disk is still busy with the rows of pgbench when the next thing is measured."""
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT", timeout=60)
    await connection.close()


def row(table: Table, title: str, rate: float, p99: float, beside: float | None, target: str) -> None:
    table.add_row(title, f"{rate:,.0f}", f"{p99 * 1000:.1f}", f"{beside:,.0f}" if beside else "", target)
