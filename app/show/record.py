"""What the routes answer, read from the same repositories without HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import orjson
from pydantic_core import PydanticCustomError

from app.core import clock
from app.core.clock import LocalDay
from app.core.collection import Collection
from app.core.db.database import Database, Reader
from app.core.db.faults import StatementError
from app.core.http.parameters import ItemQuery, ListQuery, parse_date
from app.core.http.validation import ERROR_TEXTS
from app.core.problems import Unavailable
from app.operations import OperatorError
from app.settings import Settings

LONGEST_PAGE = 200
MOST_NAMED = 10

T = TypeVar("T")
Json = dict[str, Any]


class Record:
    """The record on one day: the one that was asked for, or today where none was."""

    def __init__(self, database: Database, as_of: str | None, today: LocalDay) -> None:
        self._database = database
        self.today = today
        self.on_day: dict[str, Any] = {} if as_of is None else {"as_of": as_of}
        """For a query: names the day only where it was asked for, as a caller of the service would."""
        self.day = today.day if as_of is None else _day(as_of)

    def reader(self) -> Reader:
        """A fresh one for each answer: a deadline is that of one request."""
        return self._database.reader()

    async def one(
        self, collection: Collection, code: str, query: ItemQuery, *, today: LocalDay | None = None
    ) -> Json | None:
        """The document with this code, or None. `today`: as a router gives it, where the answer depends on the day."""
        item = await collection.fetch_item(self.reader(), code, query, today=today) if code.isascii() else None
        found: Json | None = orjson.loads(item.body) if item else None
        return found

    async def walk(
        self,
        collection: Collection,
        query: ListQuery,
        *,
        within: Mapping[str, Any] | None = None,
        today: LocalDay | None = None,
    ) -> list[Json]:
        """The documents of all pages."""
        found: list[Json] = []
        changes: dict[str, Any] = {"page_size": LONGEST_PAGE}
        while True:
            asked = query.model_copy(update=changes)
            page = await collection.fetch_page(self.reader(), asked, path_parameters=within, today=today)
            found += orjson.loads(page.body)["items"]
            if page.next_page_token is None:
                return found
            changes["page_token"] = page.next_page_token


def answer(settings: Settings, as_of: str | None, question: Callable[[Record], Awaitable[T]]) -> T:
    """What a question finds in the database of these settings; OperatorError says in a sentence why it cannot."""
    today = clock.current_day(settings.zone)

    async def ask() -> T:
        database = Database(settings)
        try:
            return await question(Record(database, as_of, today))
        finally:
            await database.close()

    try:
        return asyncio.run(ask())
    except Unavailable as error:
        raise OperatorError("The database has not answered in time; try again.") from error
    except orjson.JSONDecodeError as error:
        raise OperatorError(f"The database's answer cannot be read as JSON ({error.msg}).") from error
    except StatementError as error:
        refusal, _, _ = str(error).partition(" in: ")
        raise OperatorError(
            f"The database refuses to be read ({refusal}): see that it is Rakornas' own, of this release, and that "
            "its user may read it."
        ) from error


def unknown(what: str, code: str, known: list[Json]) -> OperatorError:
    """That there is nothing with this code; with the codes of those that are there, where these are few."""
    codes = [one["code"] for one in known]
    there = f"; known: {', '.join(codes)}" if 0 < len(codes) <= MOST_NAMED else ""
    return OperatorError(f"There is no {what} with the code {code!a}{there}.")


def check_day(as_of: str | None) -> None:
    """Raise OperatorError for a day that the service would refuse; it is told before anything is started."""
    if as_of is not None:
        _day(as_of)


def _day(as_of: str) -> Any:
    try:
        return parse_date(as_of)
    except PydanticCustomError as error:
        _, say = ERROR_TEXTS[error.type]
        raise OperatorError(f"--as-of {as_of!a}: {say({}).in_language('en')}") from None
