"""Reads for the command line, from the repositories that serve the routes, without HTTP."""

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

MAX_PAGE_SIZE = 200
MAX_LISTED_CODES = 10

T = TypeVar("T")
JsonObject = dict[str, Any]


class RecordReader:
    """Reader of documents as of one day: the requested one, or today."""

    def __init__(self, database: Database, as_of: str | None, today: LocalDay) -> None:
        self._database = database
        self.today = today
        self.day_filter: dict[str, Any] = {} if as_of is None else {"as_of": as_of}
        """The query parameter of the day. Empty without a requested day, like the query of an HTTP caller."""
        self.day = today.day if as_of is None else _parse_day(as_of)

    def open_reader(self) -> Reader:
        """Create a database reader whose deadline starts now, so each query needs a new one."""
        return self._database.reader()

    async def get_item(
        self, collection: Collection, code: str, query: ItemQuery, *, today: LocalDay | None = None
    ) -> JsonObject | None:
        """Query a collection's document with this code; None if there is none. `query` and `today` set its day.

        `today` is given for a document that depends on the day, as the routers do.
        """
        item = await collection.fetch_item(self.open_reader(), code, query, today=today) if code.isascii() else None
        document: JsonObject | None = orjson.loads(item.body) if item else None
        return document

    async def list_items(
        self,
        collection: Collection,
        query: ListQuery,
        *,
        within: Mapping[str, Any] | None = None,
        today: LocalDay | None = None,
    ) -> list[JsonObject]:
        """Query all pages of a list and return their documents; `within` are the parameters of the list's path."""
        items: list[JsonObject] = []
        paging: dict[str, Any] = {"page_size": MAX_PAGE_SIZE}
        while True:
            page_query = query.model_copy(update=paging)
            page = await collection.fetch_page(self.open_reader(), page_query, path_parameters=within, today=today)
            items += orjson.loads(page.body)["items"]
            if page.next_page_token is None:
                return items
            paging["page_token"] = page.next_page_token


def read_record(settings: Settings, as_of: str | None, query: Callable[[RecordReader], Awaitable[T]]) -> T:
    """Open a database, run `query` with a RecordReader of the day, and return its result; OperatorError if it fails.

    Raises:
        OperatorError: The database did not answer. The message is one sentence for the operator.
    """
    today = clock.current_day(settings.zone)

    async def run_query() -> T:
        database = Database(settings)
        try:
            return await query(RecordReader(database, as_of, today))
        finally:
            await database.close()

    try:
        return asyncio.run(run_query())
    except Unavailable as error:
        raise OperatorError("The database did not answer in time; try again.") from error
    except orjson.JSONDecodeError as error:
        raise OperatorError(f"The database's answer is not valid JSON ({error.msg}).") from error
    except StatementError as error:
        reason, _, _ = str(error).partition(" in: ")
        raise OperatorError(
            f"The database rejected a query ({reason}). Check that it is a Rakornas database of this release, and that "
            "its user may read it."
        ) from error


def unknown_code_error(kind: str, code: str, items: list[JsonObject]) -> OperatorError:
    """Build (not raise) the error of an unknown code; it lists the codes of `items` if they are 1 to 10."""
    codes = [item["code"] for item in items]
    known = f" The codes are: {', '.join(codes)}." if 0 < len(codes) <= MAX_LISTED_CODES else ""
    return OperatorError(f"There is no {kind} with the code {code!a}.{known}")


def require_valid_day(as_of: str | None) -> None:
    """Raise OperatorError if the day is not a date that the service accepts; None is valid."""
    if as_of is not None:
        _parse_day(as_of)


def _parse_day(as_of: str) -> Any:
    """Parse a day as the parameter `as_of` of the API does; OperatorError if it is not valid."""
    try:
        return parse_date(as_of)
    except PydanticCustomError as error:
        _, say = ERROR_TEXTS[error.type]
        raise OperatorError(f"--as-of {as_of!a}: {say({}).in_language('en')}") from None
