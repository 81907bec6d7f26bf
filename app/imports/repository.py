"""The SQL of bringing rows in, hundreds in one statement. All names in it come from the models, never from a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Table as TableOfModel
from uuid_utils.compat import uuid7

from app.auth import Caller
from app.core.db.faults import ConstraintViolation
from app.core.db.statements import DIALECT
from app.core.db.transaction import Transaction
from app.core.http.body_types import PayloadModel
from app.imports import parts
from app.imports.schemas import RowStatus
from app.writes import ownership
from app.writes.resource import Parts, Resource, Values

_INSERT_AUDIT_LINE = (
    "INSERT INTO audit_lines (client, scope, operation, keys, request_id, purpose) VALUES ($1, $2, $3, $4, $5, $6)"
)
AUDIT_OPERATION = "import"

SET_TIMEOUTS = "SELECT set_config(name, value, true) FROM json_each_text($1::text::json) AS given (name, value)"
CREATE_KEY_TABLE = "CREATE TEMPORARY TABLE imported_keys (key text PRIMARY KEY) ON COMMIT DROP"
# Which of these keys no earlier row had.
INSERT_NEW_KEYS = "INSERT INTO imported_keys SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING key"


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as columns. `given`: those that the file names, which alone change where the object is there already.

    `is_new`: it came without a key of its own and was given one. `parts`: members that stand in tables of their own,
    where the file names them.
    """

    line: int
    key: str
    keys: Values
    has_generated_key: bool
    columns: Mapping[str, Any]
    given_columns: Sequence[str]
    parts: Mapping[str, parts.Items]

    @property
    def given_values(self) -> dict[str, Any]:
        """The columns that the file names."""
        return {name: self.columns[name] for name in self.given_columns}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is there already of a row: its parts, and as text the columns that decide who may write it."""

    parts: Mapping[str, Any] = field(default_factory=dict)
    owner_columns: Mapping[str, str | None] = field(default_factory=dict)


StoredObjects = Mapping[int, StoredObject]
"""By line, the objects that are there already."""


class RowsOutsideOrganization(Exception):
    """Rows that the caller may not write: these lines."""

    def __init__(self, lines: set[int]) -> None:
        super().__init__(lines)
        self.lines = lines


def build_row(line: int, content: PayloadModel, resource: Resource) -> Row:
    """The columns and parts of what one row says."""
    members = dict(content)
    columns = resource.to_columns(members)
    given = parts.extract_given_columns(resource, content)
    *_, own = resource.key_columns
    is_new = columns[own] is None
    keys = {name: columns[name] for name in resource.key_columns} | ({own: uuid7()} if is_new else {})
    return Row(
        line,
        resource.format_key(keys),
        keys,
        is_new,
        {name: value for name, value in columns.items() if name in resource.writable_columns} | keys,
        [name for name in given if name in resource.writable_columns and name not in keys],
        {one.member: [dict(item) for item in given[one.member]] for one in resource.parts if one.member in given},
    )


class RowWriter:
    """Rows brought into the table of one resource."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        types = {
            name: resource.table.columns[name].type
            for name in sorted(resource.writable_columns - {*resource.generated_columns})
        }
        shape = ", ".join(f'"{name}" {kind.compile(dialect=DIALECT)}' for name, kind in types.items())
        shape = f"(_line int, _given text[], {shape})"
        given = f"json_to_recordset($1::text::json) AS given {shape}"
        table = f'"{resource.table.name}"'
        names = ", ".join(f'"{name}"' for name in types)
        same_key = " AND ".join(f'held."{key}" = given."{key}"' for key in resource.key_columns)
        others = [name for name in types if name not in resource.key_columns]
        is_named = {name: f"'{name}' = ANY (given._given)" for name in others}
        assignments = ", ".join(
            f'"{name}" = CASE WHEN {is_named[name]} THEN given."{name}" ELSE held."{name}" END' for name in others
        )
        differs = " OR ".join(f'{is_named[name]} AND held."{name}" IS DISTINCT FROM given."{name}"' for name in others)
        self._owner_columns = [
            *([resource.owner_column] if resource.owner_column else []),
            *(one.column for one in resource.ownership_claims),
        ]
        told = [
            "held.parts::text" if resource.parts else "NULL",
            *(f'held."{one}"::text' for one in self._owner_columns),
        ]
        self._select_for_update = (
            f"SELECT given._line, {', '.join(told)} FROM {given} JOIN {table} AS held ON {same_key}"  # noqa: S608
            " ORDER BY given._line FOR NO KEY UPDATE OF held"
        )
        self._non_key_columns = others
        columns = ", ".join(f'held."{one}"' for one in others)
        self._select_columns = f"SELECT {columns} FROM {given} JOIN {table} AS held ON {same_key}"  # noqa: S608
        self._update = (
            f"UPDATE {table} AS held SET {assignments} FROM {given} WHERE {same_key} AND ({differs})"  # noqa: S608
            " RETURNING given._line"
        )
        self._select_dangling = _dangling_rows_query(resource.table, given, shape)
        self._insert = f"INSERT INTO {table} ({names}) SELECT {names} FROM {given} ORDER BY given._line"  # noqa: S608

    async def lock_stored_objects(self, write: Transaction, rows: Iterable[Row]) -> dict[int, StoredObject]:
        """The objects that are there already, locked until the transaction ends."""
        known = [row for row in rows if not row.has_generated_key]
        found = await write.fetch(self._select_for_update, _encode_rows(known)) if known else []
        return {
            line: StoredObject(orjson.loads(its) if its else {}, dict(zip(self._owner_columns, was, strict=True)))
            for line, its, *was in found
        }

    async def get_resulting_columns(self, write: Transaction, row: Row) -> Mapping[str, Any]:
        """The columns that a row would have: what the file does not name, it keeps."""
        found = [] if row.has_generated_key else await write.fetch(self._select_columns, _encode_rows([row]))
        return (
            {**dict(zip(self._non_key_columns, found[0], strict=True)), **row.keys, **row.given_values}
            if found
            else row.columns
        )

    async def find_dangling_rows(self, write: Transaction, rows: Sequence[Row]) -> set[int]:
        """The lines that refer to what is not there, nor among these rows: each of them may well be refused."""
        if not self._select_dangling or not rows:
            return set()
        return {line for (line,) in await write.fetch(self._select_dangling, _encode_rows(rows))}

    async def find_missing_reference(
        self, write: Transaction, row: Row, refusal: ConstraintViolation | RowsOutsideOrganization
    ) -> str | None:
        """The address of that to which a refused row refers, where that is of this table and not there."""
        for rule in self.resource.table.foreign_key_constraints:
            if (
                isinstance(refusal, ConstraintViolation)
                and rule.name == refusal.constraint
                and rule.referred_table is rule.table
            ):
                columns = await self.get_resulting_columns(write, row)
                return self.resource.format_address(
                    {one.column.name: columns[one.parent.name] for one in rule.elements}
                )
        return None

    async def write_or_roll_back(
        self, write: Transaction, caller: Caller, rows: Sequence[Row], held: StoredObjects
    ) -> dict[int, RowStatus]:
        """Bring all of these in; where it raises RuleBroken or Outside, none of them is."""
        await self._ensure_inside_organization(write, caller, rows, held)
        await write.execute("SAVEPOINT rows")
        try:
            statuses = await self.write(write, rows, held)
            if outside := await ownership.find_objects_outside(
                write, caller, self.resource, {row.line: row.keys for row in rows}
            ):
                raise RowsOutsideOrganization(outside)
        except (ConstraintViolation, RowsOutsideOrganization):
            await write.execute("ROLLBACK TO SAVEPOINT rows")
            await write.execute("RELEASE SAVEPOINT rows")
            raise
        await write.execute("RELEASE SAVEPOINT rows")
        return statuses

    async def _ensure_inside_organization(
        self, write: Transaction, caller: Caller, rows: Sequence[Row], held: StoredObjects
    ) -> None:
        """Raise Outside for what afterwards would be the caller's own: what is held, where it goes, whom it takes."""
        if caller.organization is None:
            return
        there = [row for row in rows if row.line in held]
        whose = (write, caller, self.resource)
        was = {line: one.owner_columns for line, one in held.items()}
        outside = await ownership.find_objects_outside(*whose, {row.line: row.keys for row in there})
        outside |= await ownership.find_new_owners_outside(*whose, was, {row.line: row.given_values for row in there})
        becomes = {row.line: row.given_values if row.line in held else row.columns for row in rows}
        if outside := outside | await ownership.find_claimed_objects_outside(*whose, was, becomes):
            raise RowsOutsideOrganization(outside)

    async def write(self, write: Transaction, rows: Sequence[Row], held: StoredObjects) -> dict[int, RowStatus]:
        """Change the objects that are there, then add the others; RuleBroken by any of them.

        Parts that go do so first: they may stand in the way of what the rows become, as speakers in a session that
        joins a parallel group.
        """
        statuses: dict[int, RowStatus] = {row.line: "unchanged" if row.line in held else "created" for row in rows}
        there = [row for row in rows if row.line in held]
        others = [row for row in rows if row.line not in held]
        for kind in self.resource.parts:
            differ = [row for row in there if _parts_differ(kind, row, held[row.line])]
            statuses |= {row.line: "updated" for row in differ}
            await parts.delete_parts(write, kind, [row.keys for row in differ])
        if there:
            statuses |= {line: "updated" for (line,) in await write.fetch(self._update, _encode_rows(there))}
        if others:
            await write.fetch(self._insert, _encode_rows(others))
        for kind in self.resource.parts:
            new = [row for row in rows if _parts_differ(kind, row, held.get(row.line, StoredObject()))]
            await parts.insert_parts(write, kind, [(row.keys, row.parts[kind.member]) for row in new])
        return statuses


def _dangling_rows_query(table: TableOfModel, given: str, shape: str) -> str:
    """The SQL of `suspects`; empty where the table refers to nothing."""
    loose = []
    for rule in table.foreign_key_constraints:
        places = [f'"{rule.referred_table.name}" AS known']
        if rule.referred_table is table:
            places.append(f"json_to_recordset($1::text::json) AS known {shape}")
        same = " AND ".join(f'known."{one.column.name}" = given."{one.parent.name}"' for one in rule.elements)
        names = " AND ".join(f'given."{column.name}" IS NOT NULL' for column in rule.columns)
        known = " AND ".join(f"NOT EXISTS (SELECT FROM {place} WHERE {same})" for place in places)
        loose.append(f"({names} AND {known})")
    return f"SELECT given._line FROM {given} WHERE {' OR '.join(loose)}" if loose else ""  # noqa: S608


def _encode_rows(rows: Iterable[Row]) -> str:
    return orjson.dumps([{"_line": row.line, "_given": row.given_columns, **row.columns} for row in rows]).decode()


def _parts_differ(kind: Parts, row: Row, held: StoredObject) -> bool:
    given, its = row.parts.get(kind.member), held.parts.get(kind.member, [])
    return given is not None and kind.normalize(given) != kind.normalize(its)


async def prepare_transaction(write: Transaction, seconds: int) -> None:
    """Let the statements of this transaction take as long as an import may."""
    limits = {"statement_timeout": f"{seconds}s", "idle_in_transaction_session_timeout": f"{seconds}s"}
    await write.fetch(SET_TIMEOUTS, orjson.dumps(limits).decode())
    await write.fetch(CREATE_KEY_TABLE)


async def insert_new_keys(write: Transaction, rows: Iterable[Row]) -> set[str]:
    """The keys that no row before these had."""
    keys = [row.key for row in rows if not row.has_generated_key]
    return {key for (key,) in await write.fetch(INSERT_NEW_KEYS, keys)} if keys else set()


async def insert_audit_line(
    write: Transaction,
    keys: Sequence[str],
    count: int,
    *,
    client: str | None,
    scope: str | None,
    request_id: str | None,
) -> None:
    """One line in the audit trail: the first keys and, where there are more, how many they are."""
    more = [f"… {count}"] if count > len(keys) else []
    await write.fetch(_INSERT_AUDIT_LINE, client, scope, AUDIT_OPERATION, [*keys, *more], request_id, None)
