"""SQL statements that are compiled once, when a module is imported, and reused as text.

SQLAlchemy has a cache of its own, but looking up a nested select in it costs as much as running one.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.compiler import SQLCompiler

DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class Statement:
    """The text of an SQL statement and the order of its parameters.

    Raises:
        TypeError: A part of the statement is only known when SQLAlchemy executes it: the list of an IN, a parameter
            with `literal_execute`, or a column default that Python computes.
    """

    def __init__(self, clause: ClauseElement) -> None:
        compiled = cast(SQLCompiler, clause.compile(dialect=DIALECT))
        self.sql = str(compiled)
        if problems := list(_describe_unsupported_parts(compiled)):
            raise TypeError(f"{'; '.join(problems)}. The statement: {self.sql}")
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._defaults = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._computed = {name: bind.callable for name, bind in compiled.binds.items() if bind.callable is not None}

    def bind_values(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values of the statement's parameters for asyncpg, in the order of $1, $2, … in its SQL text.

        A value in `parameters` takes precedence over the one written in the statement. A parameter with `callable_`
        has the value that this returns now.

        Raises:
            KeyError: A parameter has no value.
        """
        if self._computed:
            parameters = {**{name: compute() for name, compute in self._computed.items()}, **parameters}
        return tuple(parameters[name] if name in parameters else self._defaults[name] for name in self._names)


def _describe_unsupported_parts(compiled: SQLCompiler) -> Iterator[str]:
    """Yield a sentence for each part of a statement that SQLAlchemy would complete only when it executes it."""
    for bind in compiled.post_compile_params - compiled.literal_execute_params:
        yield (
            f"The parameter {compiled.bind_names[bind]!r} is a list that IN expands at execution: use = ANY(:x) with "
            "an array, as in column == func.any(bindparam('x', type_=ARRAY(Text)))"
        )
    for bind in compiled.literal_execute_params:
        yield (
            f"The parameter {compiled.bind_names[bind]!r} is written into the text at execution (literal_execute): "
            "use a plain bindparam(), or literal_column() for a constant"
        )
    for column in compiled.prefetch:
        yield f"The value of the column {column} is computed by Python at execution: use a server default or pass it"
