"""Measure the database time of pages and summaries of a roll of 100,000, with `EXPLAIN (ANALYZE, BUFFERS)`.

The code of the service builds each statement, and a reader records it. Each is explained as a prepared statement: with
the custom plans of its first executions, and with the plan that Postgres uses afterwards.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
from rich.console import Console
from rich.table import Table

from app.attendance import repository, schemas, summary_repository
from app.core.db.database import Database, Reader, Row
from app.core.db.statements import Statement
from app.core.http.paging import Page
from app.settings import Settings
from benchmarks import dataset, large_meeting

PAGE_TARGET_MS, SUMMARY_TARGET_MS = 10.0, 100.0
PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
FAR_PAGE_NUMBER = 1_000
CUSTOM_PLAN_COUNT = 5  # Postgres plans the first five executions of a prepared statement with their values
FILTER_SETS: Sequence[Mapping[str, str]] = (
    {},
    {"organization": "kpu-31"},
    {"session": "class-1"},
    {"status": "present"},
    {"status": "absent"},
    {"office": "chair"},
    {"organization": "kpu-31", "session": "class-1", "status": "present"},
    {"sort": "-updated_at"},
)
SEARCHES = ("siti", "siti harahap", "nasutoin")
TITLES_WITH_PLAN = ("all, 50 of page 1", "all, 50 of page 1,000")
GROUPINGS = (None, "organization", "level", "region", "office", "session")


class RecordedQuery(NamedTuple):
    """A statement with its parameters, and the target of its duration in milliseconds."""

    title: str
    statement: Statement
    parameters: Mapping[str, Any]
    target_ms: float


class PlanResult(NamedTuple):
    """The least milliseconds of planning and execution, with custom plans and afterwards, and the last plan.

    The least duration is used, because other work of the machine can only add to it.
    """

    custom_ms: float
    later_ms: float
    plan: str

    @property
    def slowest_ms(self) -> float:
        return max(self.custom_ms, self.later_ms)


class RecordingReader(Reader):
    """A reader that records its last statement and parameters."""

    last_query: tuple[Statement, Mapping[str, Any]]

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """Record the statement, and return its rows."""
        self.last_query = statement, parameters
        return await super().fetch_all(statement, parameters)


def run(quick: bool, plans_path: Path | None = None) -> bool:
    """Print the table; return whether all queries met their targets.

    `plans_path`: the file to which the plans of the first and the far page of the roll are written, if given.
    """
    participant_count = large_meeting.QUICK_PARTICIPANT_COUNT if quick else large_meeting.PARTICIPANT_COUNT
    with dataset.run_temporary_database() as url:
        results = asyncio.run(measure(url, participant_count))
    print_table(results)
    if plans_path:
        plans = [f"{query.title}\n\n{result.plan}\n" for query, result in results if query.title in TITLES_WITH_PLAN]
        plans_path.write_text("\n".join(plans))
    return all(result.slowest_ms <= query.target_ms for query, result in results)


async def measure(url: str, participant_count: int) -> list[tuple[RecordedQuery, PlanResult]]:
    """Explain summaries before VACUUM, and pages and summaries after it."""
    owner = await asyncpg.connect(url)
    database = Database(Settings(DATABASE_URL=url, pool_size=2))
    try:
        await large_meeting.insert_meeting(owner, participant_count)
        await owner.execute("ANALYZE")  # without VACUUM the visibility map is empty: every row is checked
        queries = [
            query._replace(title=f"{query.title}, before VACUUM") for query in await record_summary_queries(database)
        ]
        results = [await explain(database, query) for query in queries]
        await owner.execute("VACUUM ANALYZE")
        later_queries = [*await record_page_queries(database), *await record_summary_queries(database)]
        results += [await explain(database, query) for query in later_queries]
        queries += later_queries
    finally:
        await owner.close()
        await database.close()
    return list(zip(queries, results, strict=True))


async def record_page_queries(database: Database) -> list[RecordedQuery]:
    """Record the queries of the first and a far page for each set of filters, in the default and the largest size."""
    queries = []
    for filters in [*FILTER_SETS, *({"q": words} for words in SEARCHES)]:
        for size in (PAGE_SIZE, MAX_PAGE_SIZE):
            first = RecordingReader(database)
            await fetch_page(first, filters, page_size=size)
            title = f"{_format_title(filters)}, {size} of page"
            queries.append(RecordedQuery(f"{title} 1", *first.last_query, PAGE_TARGET_MS))
            number, far = await fetch_far_page(database, filters, size)
            if number > 1:
                queries.append(RecordedQuery(f"{title} {number:,}", *far.last_query, PAGE_TARGET_MS))
    return queries


async def fetch_far_page(database: Database, filters: Mapping[str, str], size: int) -> tuple[int, RecordingReader]:
    """Fetch page 1,000, or the last page if there are fewer; return its number and the reader that fetched it.

    The pages before it are fetched in the largest size: a page token depends on the filters, not on the page size.
    """
    items_before, page_token, fetched = FAR_PAGE_NUMBER * size - size, None, 0
    while items_before > fetched:
        step = min(MAX_PAGE_SIZE, items_before - fetched)
        page = await fetch_page(RecordingReader(database), filters, page_size=step, page_token=page_token)
        if page.next_page_token is None:
            break
        page_token, fetched = page.next_page_token, fetched + step
    reader = RecordingReader(database)
    await fetch_page(reader, filters, page_size=size, page_token=page_token)
    return fetched // size + 1, reader


async def fetch_page(reader: Reader, filters: Mapping[str, str], **paging: Any) -> Page:
    """Fetch a page of the public roll; paging parameters that are None are omitted."""
    parameters = {**filters, **{name: value for name, value in paging.items() if value is not None}}
    query = schemas.AttendanceQuery.model_validate(parameters)
    return await repository.PUBLIC_LINES.fetch_page(
        reader, query, path_parameters={"meeting": large_meeting.MEETING_CODE}
    )


async def record_summary_queries(database: Database) -> list[RecordedQuery]:
    """Record the queries of the summaries of the meeting and of one session: the totals, and each grouping."""
    queries = []
    for session in (None, large_meeting.CLASS_CODES[0]):
        for by in GROUPINGS:
            parameters = {name: value for name, value in (("by", by), ("session", session)) if value}
            query = schemas.SummaryQuery.model_validate(parameters)
            reader = RecordingReader(database)
            await summary_repository.find_summary(reader, large_meeting.MEETING_CODE, query)
            title = f"summary, {_format_title(parameters)}"
            queries.append(RecordedQuery(title, *reader.last_query, SUMMARY_TARGET_MS))
    return queries


async def explain(database: Database, query: RecordedQuery) -> PlanResult:
    """Prepare a statement on a connection of the service and explain its executions."""
    sql, values = query.statement.sql, query.statement.bind_values(query.parameters)
    literals = ", ".join(_format_literal(value) for value in values)
    async with database.read_engine.connect() as connection:
        driver_connection = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver_connection, asyncpg.Connection)
        await driver_connection.execute(f"PREPARE measured AS {sql}")
        # Timing each node of a plan takes 10 to 50 % of its duration, so only the plan that is shown is timed.
        timings = ["TIMING OFF"] * (2 * CUSTOM_PLAN_COUNT + 1) + ["TIMING ON"]
        plans = []
        for timing in timings:
            lines = await driver_connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, {timing}) EXECUTE measured({literals})")
            plans.append("\n".join(line[0] for line in lines))
        await driver_connection.execute("DEALLOCATE measured")
    *durations, _ = (
        sum(map(float, re.findall(r"^(?:Planning|Execution) Time: ([\d.]+)", plan, re.M))) for plan in plans
    )
    return PlanResult(min(durations[:CUSTOM_PLAN_COUNT]), min(durations[-CUSTOM_PLAN_COUNT:]), plans[-1])


def _format_literal(value: Any) -> str:
    """Return an SQL literal without a type, which the prepared statement defines."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _format_title(parameters: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in parameters.items()) or "all"


def print_table(results: Sequence[tuple[RecordedQuery, PlanResult]]) -> None:
    """Print one row per query."""
    table = Table("", "custom plan ms", "later plan ms", "buffers", "target ms")
    for query, result in results:
        buffers = re.search(r"Buffers: (.*)", result.plan)
        is_missed = result.slowest_ms > query.target_ms
        table.add_row(
            query.title,
            f"{result.custom_ms:.1f}",
            f"{result.later_ms:.1f}",
            buffers[1] if buffers else "",
            f"{query.target_ms:g}{' missed' if is_missed else ''}",
        )
    Console().print(table)
