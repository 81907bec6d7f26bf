"""SQL that writes hundreds of rows in one statement. All identifiers come from the models, never from a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Table

from app.auth import Caller
from app.core.db.faults import ConstraintViolation
from app.core.db.statements import DIALECT
from app.core.db.transaction import Transaction
from app.imports import parts
from app.imports.rows import Row, StoredObject, StoredObjects
from app.imports.schemas import RowStatus
from app.writes import ownership
from app.writes.resource import Parts, Resource

_INSERT_AUDIT_LINE = "INSERT INTO audit_lines (client, scope, operation, keys, request_id) VALUES ($1, $2, $3, $4, $5)"
AUDIT_OPERATION = "import"


class RowsOutsideOrganization(Exception):
    """The caller may not write the rows on these lines."""

    def __init__(self, lines: set[int]) -> None:
        super().__init__(lines)
        self.lines = lines


class RowWriter:
    """Writes rows into the table of one resource."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        types = {
            name: resource.table.columns[name].type.compile(dialect=DIALECT)
            for name in sorted(resource.writable_columns - {*resource.generated_columns})
        }
        column_types = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
        column_types = f"(_line int, _given text[], {column_types})"
        given = f"json_to_recordset($1::text::json) AS given {column_types}"
        table = f'"{resource.table.name}"'
        names = ", ".join(f'"{name}"' for name in types)
        equal_keys = " AND ".join(f'stored."{key}" = given."{key}"' for key in resource.key_columns)
        others = [name for name in types if name not in resource.key_columns]
        is_given = {name: f"'{name}' = ANY (given._given)" for name in others}
        assignments = ", ".join(
            f'"{name}" = CASE WHEN {is_given[name]} THEN given."{name}" ELSE stored."{name}" END' for name in others
        )
        differs = " OR ".join(
            f'{is_given[name]} AND stored."{name}" IS DISTINCT FROM given."{name}"' for name in others
        )
        self._non_key_columns = others
        self._owner_columns = [
            *([resource.owner_column] if resource.owner_column else []),
            *(claim.column for claim in resource.ownership_claims),
        ]
        stored_columns = [
            "stored.parts::text" if resource.parts else "NULL",
            *(f'stored."{name}"::text' for name in self._owner_columns),
        ]
        self._select_for_update = (
            f"SELECT given._line, {', '.join(stored_columns)} FROM {given}"  # noqa: S608
            f" JOIN {table} AS stored ON {equal_keys} ORDER BY given._line FOR NO KEY UPDATE OF stored"
        )
        columns = ", ".join(f'stored."{name}"' for name in others)
        self._select_columns = f"SELECT {columns} FROM {given} JOIN {table} AS stored ON {equal_keys}"  # noqa: S608
        self._update = (
            f"UPDATE {table} AS stored SET {assignments} FROM {given} WHERE {equal_keys} AND ({differs})"  # noqa: S608
            " RETURNING given._line"
        )
        self._select_dangling = _dangling_rows_query(resource.table, given, column_types)
        self._insert = f"INSERT INTO {table} ({names}) SELECT {names} FROM {given} ORDER BY given._line"  # noqa: S608

    async def lock_stored_objects(self, transaction: Transaction, rows: Iterable[Row]) -> dict[int, StoredObject]:
        """Lock the existing objects of these rows until the transaction ends; return their parts and owners by line."""
        with_key = [row for row in rows if not row.has_generated_key]
        records = await transaction.fetch(self._select_for_update, _encode_rows(with_key)) if with_key else []
        return {
            line: StoredObject(
                orjson.loads(parts_json) if parts_json else {}, dict(zip(self._owner_columns, values, strict=True))
            )
            for line, parts_json, *values in records
        }

    async def get_resulting_columns(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        """Return the columns that a row's object would have once written: those the row gives, else the stored ones."""
        records = [] if row.has_generated_key else await transaction.fetch(self._select_columns, _encode_rows([row]))
        if not records:
            return row.columns
        return {**dict(zip(self._non_key_columns, records[0], strict=True)), **row.keys, **row.given_values}

    async def find_dangling_rows(self, transaction: Transaction, rows: Sequence[Row]) -> set[int]:
        """Query the lines of rows with a foreign key to an object that is neither stored nor in these rows."""
        if not self._select_dangling or not rows:
            return set()
        return {line for (line,) in await transaction.fetch(self._select_dangling, _encode_rows(rows))}

    async def find_missing_reference(
        self, transaction: Transaction, row: Row, refusal: ConstraintViolation | RowsOutsideOrganization
    ) -> str | None:
        """Return the URL path of the object of this resource whose absence made the row be refused; else None."""
        for constraint in self.resource.table.foreign_key_constraints:
            if (
                isinstance(refusal, ConstraintViolation)
                and constraint.name == refusal.constraint
                and constraint.referred_table is constraint.table
            ):
                columns = await self.get_resulting_columns(transaction, row)
                return self.resource.format_address(
                    {element.column.name: columns[element.parent.name] for element in constraint.elements}
                )
        return None

    async def write_or_roll_back(
        self, transaction: Transaction, caller: Caller, rows: Sequence[Row], stored: StoredObjects
    ) -> dict[int, RowStatus]:
        """Write these rows in a savepoint and return their statuses by line; if one is refused, roll back and raise.

        Raises:
            ConstraintViolation: One of the rows violates a constraint.
            RowsOutsideOrganization: The caller may not write some of the rows.
        """
        await self._ensure_inside_organization(transaction, caller, rows, stored)
        await transaction.execute("SAVEPOINT rows")
        try:
            statuses = await self.write(transaction, rows, stored)
            keys = {row.line: row.keys for row in rows}
            if outside := await ownership.find_objects_outside(transaction, caller, self.resource, keys):
                raise RowsOutsideOrganization(outside)
        except (ConstraintViolation, RowsOutsideOrganization):
            await transaction.execute("ROLLBACK TO SAVEPOINT rows")
            await transaction.execute("RELEASE SAVEPOINT rows")
            raise
        await transaction.execute("RELEASE SAVEPOINT rows")
        return statuses

    async def _ensure_inside_organization(
        self, transaction: Transaction, caller: Caller, rows: Sequence[Row], stored: StoredObjects
    ) -> None:
        """Raise RowsOutsideOrganization with the lines of rows that the caller's organization may not write.

        These are rows with an object, new owner or claimed object outside: once written, it would belong to the
        organization of the caller.
        """
        if caller.organization is None:
            return
        existing = [row for row in rows if row.line in stored]
        scope = (transaction, caller, self.resource)
        before = {line: object_.owner_columns for line, object_ in stored.items()}
        outside = await ownership.find_objects_outside(*scope, {row.line: row.keys for row in existing})
        outside |= await ownership.find_new_owners_outside(
            *scope, before, {row.line: row.given_values for row in existing}
        )
        after = {row.line: row.given_values if row.line in stored else row.columns for row in rows}
        outside |= await ownership.find_claimed_objects_outside(*scope, before, after)
        if outside:
            raise RowsOutsideOrganization(outside)

    async def write(self, transaction: Transaction, rows: Sequence[Row], stored: StoredObjects) -> dict[int, RowStatus]:
        """Update the objects of rows that exist, insert the others, and return the statuses of the rows by line.

        Replaced parts are deleted first, because they may conflict with what the rows become: for example the speakers
        of a session that joins a parallel group.

        Raises:
            ConstraintViolation: One of the rows violates a constraint.
        """
        statuses: dict[int, RowStatus] = {row.line: "unchanged" if row.line in stored else "created" for row in rows}
        existing = [row for row in rows if row.line in stored]
        new = [row for row in rows if row.line not in stored]
        for kind in self.resource.parts:
            changed = [row for row in existing if _parts_differ(kind, row, stored[row.line])]
            statuses |= {row.line: "updated" for row in changed}
            await parts.delete_parts(transaction, kind, [row.keys for row in changed])
        if existing:
            updated = await transaction.fetch(self._update, _encode_rows(existing))
            statuses |= {line: "updated" for (line,) in updated}
        if new:
            await transaction.fetch(self._insert, _encode_rows(new))
        for kind in self.resource.parts:
            changed = [row for row in rows if _parts_differ(kind, row, stored.get(row.line, StoredObject()))]
            await parts.insert_parts(transaction, kind, [(row.keys, row.parts[kind.member]) for row in changed])
        return statuses


def _dangling_rows_query(table: Table, given: str, column_types: str) -> str:
    """Build the SELECT of lines with a foreign key to no stored or given row; "" for a table without foreign keys."""
    conditions = []
    for constraint in table.foreign_key_constraints:
        sources = [f'"{constraint.referred_table.name}" AS target']
        if constraint.referred_table is table:
            sources.append(f"json_to_recordset($1::text::json) AS target {column_types}")
        equal_keys = " AND ".join(
            f'target."{element.column.name}" = given."{element.parent.name}"' for element in constraint.elements
        )
        is_given = " AND ".join(f'given."{column.name}" IS NOT NULL' for column in constraint.columns)
        is_missing = " AND ".join(f"NOT EXISTS (SELECT FROM {source} WHERE {equal_keys})" for source in sources)
        conditions.append(f"({is_given} AND {is_missing})")
    return f"SELECT given._line FROM {given} WHERE {' OR '.join(conditions)}" if conditions else ""  # noqa: S608


def _encode_rows(rows: Iterable[Row]) -> str:
    """Encode rows as JSON (line, given columns and values), for SQL that reads them with json_to_recordset."""
    return orjson.dumps([{"_line": row.line, "_given": row.given_columns, **row.columns} for row in rows]).decode()


def _parts_differ(kind: Parts, row: Row, stored: StoredObject) -> bool:
    """Return whether a row gives items for this list member, and these differ from the stored ones."""
    given = row.parts.get(kind.member)
    return given is not None and kind.normalize(given) != kind.normalize(stored.parts.get(kind.member, []))


async def insert_audit_line(
    transaction: Transaction,
    keys: Sequence[str],
    count: int,
    *,
    client: str | None,
    scope: str | None,
    request_id: str | None,
) -> None:
    """Insert the audit line of an import, with these object keys and, if they are not all, the number of all."""
    more = [f"… {count}"] if count > len(keys) else []
    await transaction.fetch(_INSERT_AUDIT_LINE, client, scope, AUDIT_OPERATION, [*keys, *more], request_id)
