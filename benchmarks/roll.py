"""The roll of 100,000: what a page of it and its numbers cost the database, by `EXPLAIN (ANALYZE, BUFFERS)`.

The service's own code writes each statement, on a reader that takes note of it; the plans are those of the prepared
statement, first as made for its values, then as Postgres settles on.
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
from benchmarks import crowd, dataset

PAGE_TARGET, SUMMARY_TARGET = 10.0, 100.0  # ms
PAGE = 1_000
STEP = 200  # the largest page, in which the walk to a far one goes
CUSTOM = 5  # so many times Postgres plans a prepared statement for its values, before it settles on one
FILTERS: Sequence[Mapping[str, str]] = (
    {},
    {"organization": "kpu-31"},
    {"session": "class-1"},
    {"status": "present"},
    {"status": "absent"},
    {"office": "chair"},
    {"organization": "kpu-31", "session": "class-1", "status": "present"},
    {"sort": "-updated_at"},
)
WORDS = ("siti", "siti harahap", "nasutoin")
QUOTED = ("all, 50 of page 1", "all, 50 of page 1,000")
GROUPS = (None, "organization", "level", "region", "office", "session")


class Question(NamedTuple):
    """A statement with its values, and the milliseconds that it may take."""

    title: str
    statement: Statement
    parameters: Mapping[str, Any]
    target: float


class Answer(NamedTuple):
    """The least milliseconds of planning and running, first and once settled, and the plan.

    The least, for whatever else the machine does only adds to them.
    """

    custom: float
    settled: float
    plan: str

    @property
    def worse(self) -> float:
        return max(self.custom, self.settled)


class Recorder(Reader):
    """A reader that remembers what was asked."""

    last: tuple[Statement, Mapping[str, Any]]

    async def fetch_all(self, statement: Statement, parameters: Mapping[str, Any]) -> Sequence[Row]:
        self.last = statement, parameters
        return await super().fetch_all(statement, parameters)


def run(quick: bool, plans: Path | None = None) -> bool:
    """Print the table, and write the plans of the roll's first and far page where asked; whether all targets hold."""
    with dataset.filled() as url:
        measured = asyncio.run(measure(url, crowd.QUICK if quick else crowd.PEOPLE))
    report(measured)
    if plans:
        whole = [f"{question.title}\n\n{answer.plan}\n" for question, answer in measured if question.title in QUOTED]
        plans.write_text("\n".join(whole))
    return all(answer.worse <= question.target for question, answer in measured)


async def measure(url: str, people: int) -> list[tuple[Question, Answer]]:
    owner = await asyncpg.connect(url)
    database = Database(Settings(DATABASE_URL=url, pool_size=2))
    try:
        await crowd.gather(owner, people)
        await owner.execute("ANALYZE")  # nobody has been told yet that all may see all rows: every row is looked at
        asked = [question._replace(title=f"{question.title}, before VACUUM") for question in await summaries(database)]
        answers = [await explain(database, question) for question in asked]
        await owner.execute("VACUUM ANALYZE")
        rest = [*await pages_of_the_roll(database), *await summaries(database)]
        answers += [await explain(database, question) for question in rest]
        asked += rest
    finally:
        await owner.close()
        await database.close()
    return list(zip(asked, answers, strict=True))


async def pages_of_the_roll(database: Database) -> list[Question]:
    """The first page and a far one of each selection, in the usual size and in the largest."""
    questions = []
    for asked in [*FILTERS, *({"q": words} for words in WORDS)]:
        for size in (50, STEP):
            first = Recorder(database)
            await read_page(first, asked, page_size=size)
            questions.append(Question(f"{_title(asked)}, {size} of page 1", *first.last, PAGE_TARGET))
            number, far = await walk(database, asked, size)
            if number > 1:
                questions.append(Question(f"{_title(asked)}, {size} of page {number:,}", *far.last, PAGE_TARGET))
    return questions


async def walk(database: Database, asked: Mapping[str, str], size: int) -> tuple[int, Recorder]:
    """Page 1,000, or the last one where there are fewer: its number, and the reader that has asked for it.

    The way there goes in the largest steps, for a token binds a walk to its filters, not to its pages' size.
    """
    ahead, token, taken = PAGE * size - size, None, 0
    while ahead > taken:
        step = min(STEP, ahead - taken)
        page = await read_page(Recorder(database), asked, page_size=step, page_token=token)
        if page.next_page_token is None:
            break
        token, taken = page.next_page_token, taken + step
    reader = Recorder(database)
    await read_page(reader, asked, page_size=size, page_token=token)
    return taken // size + 1, reader


async def read_page(reader: Reader, asked: Mapping[str, str], **beside: Any) -> Page:
    query = schemas.AttendanceQuery.model_validate({**asked, **{key: v for key, v in beside.items() if v is not None}})
    return await repository.PUBLIC_LINES.fetch_page(reader, query, path_parameters={"meeting": crowd.MEETING})


async def summaries(database: Database) -> list[Question]:
    """The numbers of the meeting and of one session, in all and by each group."""
    questions = []
    for session in (None, crowd.CLASSES[0]):
        for by in GROUPS:
            asked = {name: value for name, value in (("by", by), ("session", session)) if value}
            reader = Recorder(database)
            await summary_repository.find_summary(reader, crowd.MEETING, schemas.SummaryQuery.model_validate(asked))
            questions.append(Question(f"summary, {_title(asked)}", *reader.last, SUMMARY_TARGET))
    return questions


async def explain(database: Database, question: Question) -> Answer:
    """What the statement takes on a connection of the service's, prepared as there."""
    text, names = question.statement.sql, question.statement.bind_values(question.parameters)
    values = ", ".join(_literal(value) for value in names)
    async with database.read_engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, asyncpg.Connection)
        await driver.execute(f"PREPARE asked AS {text}")
        # To time each step of a plan as well costs a tenth to a half of it, so only the plan that is shown does.
        runs = ["TIMING OFF"] * (2 * CUSTOM + 1) + ["TIMING ON"]
        plans = []
        for timing in runs:
            lines = await driver.fetch(f"EXPLAIN (ANALYZE, BUFFERS, {timing}) EXECUTE asked({values})")
            plans.append("\n".join(line[0] for line in lines))
        await driver.execute("DEALLOCATE asked")
    *took, _ = (sum(map(float, re.findall(r"^(?:Planning|Execution) Time: ([\d.]+)", plan, re.M))) for plan in plans)
    return Answer(min(took[:CUSTOM]), min(took[-CUSTOM:]), plans[-1])


def _literal(value: Any) -> str:
    """A value as the text of an SQL constant, whose type the statement tells."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _title(asked: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in asked.items()) or "all"


def report(measured: Sequence[tuple[Question, Answer]]) -> None:
    table = Table("", "planned ms", "settled ms", "pages of memory", "target ms")
    for question, answer in measured:
        buffers = re.search(r"Buffers: (.*)", answer.plan)
        missed = answer.worse > question.target
        table.add_row(
            question.title,
            f"{answer.custom:.1f}",
            f"{answer.settled:.1f}",
            buffers[1] if buffers else "",
            f"{question.target:g}{' missed' if missed else ''}",
        )
    Console().print(table)
