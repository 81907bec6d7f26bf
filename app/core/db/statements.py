"""SQL that is written once: what SQLAlchemy makes of a select, kept as text.

SQLAlchemy has a cache of its own, but to look a nested select up in it costs as much as running one.
"""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class Statement:
    """The text of a select, and the order of its parameters. Their values go to asyncpg as they are."""

    def __init__(self, clause: ClauseElement) -> None:
        compiled = cast(SQLCompiler, clause.compile(dialect=DIALECT))
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._defaults = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}

    def bind_values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values in the order of the text, those given before those written in it; KeyError for one that lacks."""
        return tuple(parameters[name] if name in parameters else self._defaults[name] for name in self._names)
