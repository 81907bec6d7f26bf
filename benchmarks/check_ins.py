"""Measure check-ins: concurrent scans of one badge, rates compared with plain inserts, queues, and summaries."""

import asyncio
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
from rich.console import Console
from rich.table import Table
from uuid_utils.compat import uuid7

from app.badges.keys import derive_badge_key
from app.badges.repository import hash_token
from app.core.embedded.installation import find_binaries
from benchmarks import badge_races, dataset, device_load, large_meeting
from benchmarks.service import Service

DEVICE_COUNT, BATCH_DEVICE_COUNT, QUEUE_DEVICE_COUNT = 16, 4, 20
WORKER_COUNT = 2
BATCH_SIZE = 500
SINGLE_SCAN_COUNT, BATCHED_SCAN_COUNT, QUEUED_SCAN_COUNT = 20_000, 60_000, 6_000
SUMMARY_REQUEST_COUNT = 2_000
QUICK_DIVISOR, QUICK_RACE_BADGE_COUNT = 50, 200
SINGLE_RATE_TARGET, BATCHED_RATE_TARGET = 800, 15_000  # scans per second
SINGLE_P99_TARGET, QUEUE_TARGET, SUMMARY_P99_TARGET = 0.050, 5.0, 0.010  # seconds
MEETING_PATH = f"/v1/meetings/{large_meeting.MEETING_CODE}"
# Scans count only on the days of their meeting.
MOVE_TO_TODAY = "UPDATE meetings SET start_on = current_date - 1, end_on = current_date + 1 WHERE code = $1"
CHECK_INS_PATH = f"{MEETING_PATH}/check-ins"
SUMMARY_PATH = f"{MEETING_PATH}/attendance/summary"
# pgbench inserts one plain row per scan, with the indexes that scans need at least.
CREATE_PLAIN_TABLE = """
CREATE TABLE plain_scans (
    meeting text, id uuid, badge uuid, at timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (meeting, id)
);
CREATE INDEX ON plain_scans (badge)
"""
INSERT_ONE = "INSERT INTO plain_scans VALUES ('m', gen_random_uuid(), gen_random_uuid());\n"
INSERT_BATCH = f"""INSERT INTO plain_scans
SELECT 'm', gen_random_uuid(), gen_random_uuid() FROM generate_series(1, {BATCH_SIZE});
"""


class Environment(NamedTuple):
    """The database and the service under test, the tokens of the badges, and the table of results."""

    database_url: str
    service: Service
    badge_tokens: Sequence[str]
    table: Table


def run(quick: bool) -> bool:
    """Print the table; return whether every target was met."""
    divisor = QUICK_DIVISOR if quick else 1
    participant_count = large_meeting.QUICK_PARTICIPANT_COUNT if quick else large_meeting.PARTICIPANT_COUNT
    race_badge_count = QUICK_RACE_BADGE_COUNT if quick else participant_count
    title = f"{DEVICE_COUNT} devices, {WORKER_COUNT} workers"
    table = Table("", "rate/s", "p99 ms", "plain inserts/s", "target", title=title)
    with dataset.run_temporary_database() as url:
        badge_tokens = asyncio.run(prepare_meeting(url, participant_count))
        are_races_correct = asyncio.run(badge_races.measure(url, large_meeting.MEETING_CODE, race_badge_count))
        service = Service(url, workers=WORKER_COUNT)
        service.start()
        environment = Environment(url, service, badge_tokens, table)
        try:
            targets_met = [
                are_races_correct,
                measure_single_scans(environment, SINGLE_SCAN_COUNT // divisor),
                measure_batches(environment, BATCHED_SCAN_COUNT // divisor),
                measure_queues(environment, QUEUED_SCAN_COUNT // divisor),
                measure_summaries(environment, SUMMARY_REQUEST_COUNT // divisor),
            ]
        finally:
            service.kill()
    Console().print(table)
    return all(targets_met)


async def prepare_meeting(url: str, participant_count: int) -> list[str]:
    """Insert the meeting, with a badge for each participant; return the tokens of the badges."""
    meeting = large_meeting.MEETING_CODE
    connection = await asyncpg.connect(url)
    await large_meeting.insert_meeting(connection, participant_count)
    await connection.execute(MOVE_TO_TODAY, meeting)
    secret = await connection.fetchval("SELECT key FROM service_keys WHERE purpose = 'badges'")
    key = derive_badge_key(bytes(secret), meeting)
    rows = await connection.fetch("SELECT id FROM participants WHERE meeting = $1 ORDER BY id", meeting)
    badge_ids = [uuid7() for _ in rows]
    tokens = [key.sign(badge_id) for badge_id in badge_ids]
    badges = [
        (badge_id, meeting, row[0], hash_token(token))
        for badge_id, row, token in zip(badge_ids, rows, tokens, strict=True)
    ]
    columns = ("id", "meeting", "participant", "digest")
    await connection.copy_records_to_table("badges", records=badges, columns=columns)
    await connection.execute("ANALYZE")
    await connection.execute(CREATE_PLAIN_TABLE)
    await connection.close()
    return tokens


def measure_single_scans(environment: Environment, scan_count: int) -> bool:
    """Submit scans one by one from 16 devices; return whether the rate and the p99 met their targets."""
    access_token = environment.service.create_client("check-ins:write").fetch_token()
    tokens = environment.badge_tokens
    requests_by_device = [
        [
            device_load.build_post_request(
                CHECK_INS_PATH, access_token, build_body(f"single-{device}", build_scan(tokens[n % len(tokens)]))
            )
            for n in range(device, scan_count, DEVICE_COUNT)
        ]
        for device in range(DEVICE_COUNT)
    ]
    port = environment.service.port
    # The first tenth of the requests is a warm-up.
    device_load.send_requests(port, [requests[: len(requests) // 10] for requests in requests_by_device])
    result = device_load.send_requests(port, [requests[len(requests) // 10 :] for requests in requests_by_device])
    require_status(result, 201)
    rate = len(result.responses) / result.seconds
    target = f">= {SINGLE_RATE_TARGET}/s, <= {SINGLE_P99_TARGET * 1000:g} ms"
    plain_rate = measure_plain_inserts(environment.database_url, INSERT_ONE, 1)
    add_row(environment.table, "single check-ins", rate, result.p99, target, plain_rate)
    return rate >= SINGLE_RATE_TARGET and result.p99 <= SINGLE_P99_TARGET


def measure_batches(environment: Environment, scan_count: int) -> bool:
    """Submit batches of 500 scans from four devices; return whether the rate met its target."""
    access_token = environment.service.create_client("check-ins:write").fetch_token()
    batches = list(split_into_batches(environment.badge_tokens, scan_count, BATCH_SIZE))
    requests_by_device = [
        [build_batch_request(access_token, f"batch-{device}", batch) for batch in batches[device::BATCH_DEVICE_COUNT]]
        for device in range(BATCH_DEVICE_COUNT)
    ]
    result = device_load.send_requests(environment.service.port, requests_by_device)
    require_status(result, 207)
    rate = sum(len(batch) for batch in batches) / result.seconds
    plain_rate = measure_plain_inserts(environment.database_url, INSERT_BATCH, BATCH_SIZE)
    target = f">= {BATCHED_RATE_TARGET:,} scans/s"
    add_row(environment.table, f"in batches of {BATCH_SIZE}", rate, result.p99, target, plain_rate)
    return rate >= BATCHED_RATE_TARGET


def measure_queues(environment: Environment, scan_count: int) -> bool:
    """Submit the scans that 20 devices stored offline, all at once; return whether the duration met its target."""
    access_token = environment.service.create_client("check-ins:write").fetch_token()
    batches = split_into_batches(environment.badge_tokens, scan_count, scan_count // QUEUE_DEVICE_COUNT)
    requests_by_device = [
        [build_batch_request(access_token, f"queue-{device}", batch)] for device, batch in enumerate(batches)
    ]
    result = device_load.send_requests(environment.service.port, requests_by_device)
    require_status(result, 207)
    title = f"{scan_count:,} queued scans of {len(requests_by_device)} devices: {result.seconds:.2f} s"
    add_row(environment.table, title, scan_count / result.seconds, result.p99, f"<= {QUEUE_TARGET:g} s")
    return result.seconds <= QUEUE_TARGET


def measure_summaries(environment: Environment, request_count: int) -> bool:
    """Request summaries one after another; return whether the p99 of each grouping met its target."""
    are_targets_met = True
    for query in ("", "?by=organization", "?by=region", "?by=session"):
        request = f"GET {SUMMARY_PATH}{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        result = device_load.send_requests(environment.service.port, [[request] * request_count])
        require_status(result, 200)
        rate, target = request_count / result.seconds, f"<= {SUMMARY_P99_TARGET * 1000:g} ms"
        add_row(environment.table, f"summary of the roll {query}", rate, result.p99, target)
        are_targets_met = are_targets_met and result.p99 <= SUMMARY_P99_TARGET
    return are_targets_met


def build_scan(token: str) -> dict[str, Any]:
    """Return a scan of a badge, made now."""
    return {"scan_id": str(uuid7()), "badge": token, "scanned_at": datetime.now(UTC).isoformat()}


def build_body(device_id: str, members: dict[str, Any]) -> bytes:
    """Return the JSON body of a submission, sent now, with these further members."""
    return json.dumps({"device_id": device_id, "device_sent_at": datetime.now(UTC).isoformat(), **members}).encode()


def build_batch_request(access_token: str, device_id: str, badge_tokens: Sequence[str]) -> bytes:
    """Return a request that submits one scan of each badge."""
    body = build_body(device_id, {"scans": [build_scan(token) for token in badge_tokens]})
    return device_load.build_post_request(f"{CHECK_INS_PATH}:batch", access_token, body)


def split_into_batches(badge_tokens: Sequence[str], scan_count: int, batch_size: int) -> Iterable[list[str]]:
    """Yield batches of tokens with `scan_count` tokens in all; after the last badge the first one follows."""
    for first in range(0, scan_count, batch_size):
        yield [badge_tokens[n % len(badge_tokens)] for n in range(first, min(first + batch_size, scan_count))]


def require_status(result: device_load.DeviceLoadResult, status: int) -> None:
    """Raise RuntimeError if a response has another status."""
    counts = Counter(response.status for response in result.responses)
    if set(counts) != {status}:
        raise RuntimeError(f"responses with another status than {status}: {dict(counts)}")


def measure_plain_inserts(database_url: str, statement: str, rows_per_statement: int) -> float:
    """Return the rows per second that pgbench inserts into the same server.

    It uses as many connections as the service uses for writes.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(statement)
        script.flush()
        pgbench = find_binaries().bin_dir / "pgbench"
        command = [str(pgbench), "-n", "-c", "6", "-j", "1", "-T", "3", "-f", script.name, database_url]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    asyncio.run(run_checkpoint(database_url))
    return float(output.partition("tps = ")[2].partition(" ")[0]) * rows_per_statement


async def run_checkpoint(database_url: str) -> None:
    """Write the rows of pgbench to disk, so that this does not slow down the next measurement."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CHECKPOINT", timeout=60)
    await connection.close()


def add_row(table: Table, title: str, rate: float, p99: float, target: str, plain_rate: float | None = None) -> None:
    """Add a row of results; `p99` is in seconds."""
    table.add_row(title, f"{rate:,.0f}", f"{p99 * 1000:.1f}", f"{plain_rate:,.0f}" if plain_rate else "", target)
