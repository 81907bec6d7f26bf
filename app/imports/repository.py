"""SQL that writes hundreds of rows in one statement. All identifiers come from the models, never from a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from app.auth import Caller
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail, OutsideOrganization
from app.imports import parts
from app.imports.row_schema import Importable
from app.imports.row_statements import RowStatements
from app.imports.rows import Row, StoredObject, StoredObjects
from app.imports.schemas import RowStatus
from app.writes import ownership
from app.writes.resource import Parts

_INSERT_AUDIT_LINE = "INSERT INTO audit_lines (client, scope, operation, keys, request_id) VALUES ($1, $2, $3, $4, $5)"
AUDIT_OPERATION = "import"
OUTSIDE_ORGANIZATION = ErrorDetail(OutsideOrganization.code, OutsideOrganization.remedy, pointer="")
WOULD_OVERWRITE = ErrorDetail(
    "would_overwrite",
    Text(
        "Id ini milik orang lain. Periksa id dan namanya; untuk tetap mengubahnya, kirim update=true (--update).",
        "This id belongs to another person. Check the id and the name; to change it all the same, send update=true "
        "(--update).",
    ),
    pointer="/id",
)


class RowsRefused(Exception):
    """The rows on these lines may not be written, all for one reason."""

    def __init__(self, lines: set[int], error: ErrorDetail) -> None:
        super().__init__(lines)
        self.lines = lines
        self.error = error


class RowWriter:
    """Writes rows into the table of one resource."""

    def __init__(self, importable: Importable, *, update: bool) -> None:
        """Prepare the statements.

        Args:
            importable: The resource of the rows.
            update: Rows may change objects that name another person.
        """
        self.resource = importable.resource
        self._may_overwrite = update
        self._statements = RowStatements(importable)

    async def lock_stored_objects(self, transaction: Transaction, rows: Iterable[Row]) -> dict[int, StoredObject]:
        """Lock the existing objects of these rows until the transaction ends; return their parts and owners by line."""
        with_key = [row for row in rows if not row.has_generated_key]
        records = (
            await transaction.fetch(self._statements.select_for_update, _encode_rows(with_key)) if with_key else []
        )
        return {
            line: StoredObject(
                orjson.loads(parts_json) if parts_json else {},
                dict(zip(self._statements.owner_columns, values, strict=True)),
                changed,
                is_other_person,
            )
            for line, parts_json, changed, is_other_person, *values in records
        }

    async def get_resulting_columns(self, transaction: Transaction, row: Row) -> Mapping[str, Any]:
        """Return the columns that a row's object would have once written: those the row gives, else the stored ones."""
        records = (
            []
            if row.has_generated_key
            else await transaction.fetch(self._statements.select_columns, _encode_rows([row]))
        )
        if not records:
            return row.columns
        return {**dict(zip(self._statements.non_key_columns, records[0], strict=True)), **row.keys, **row.given_values}

    async def find_dangling_rows(self, transaction: Transaction, rows: Sequence[Row]) -> set[int]:
        """Query the lines of rows with a foreign key to an object that is neither stored nor in these rows."""
        if not self._statements.select_dangling or not rows:
            return set()
        return {line for (line,) in await transaction.fetch(self._statements.select_dangling, _encode_rows(rows))}

    async def find_missing_reference(
        self, transaction: Transaction, row: Row, refusal: ConstraintViolation | RowsRefused
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
            RowsRefused: The caller may not write some of the rows, or they would overwrite another person.
        """
        await self._ensure_inside_organization(transaction, caller, rows, stored)
        overwriting = {row.line for row in rows if row.line in stored and stored[row.line].is_other_person}
        if overwriting and not self._may_overwrite:
            raise RowsRefused(overwriting, WOULD_OVERWRITE)
        await transaction.execute("SAVEPOINT rows")
        try:
            statuses = await self.write(transaction, rows, stored)
            keys = {row.line: row.keys for row in rows}
            if outside := await ownership.find_objects_outside(transaction, caller, self.resource, keys):
                raise RowsRefused(outside, OUTSIDE_ORGANIZATION)
        except (ConstraintViolation, RowsRefused):
            await transaction.execute("ROLLBACK TO SAVEPOINT rows")
            await transaction.execute("RELEASE SAVEPOINT rows")
            raise
        await transaction.execute("RELEASE SAVEPOINT rows")
        return statuses

    async def _ensure_inside_organization(
        self, transaction: Transaction, caller: Caller, rows: Sequence[Row], stored: StoredObjects
    ) -> None:
        """Raise RowsRefused with the lines of rows that the caller's organization may not write.

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
            raise RowsRefused(outside, OUTSIDE_ORGANIZATION)

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
            updated = await transaction.fetch(self._statements.update, _encode_rows(existing))
            statuses |= {line: "updated" for (line,) in updated}
        if new:
            await transaction.fetch(self._statements.insert, _encode_rows(new))
        for kind in self.resource.parts:
            changed = [row for row in rows if _parts_differ(kind, row, stored.get(row.line, StoredObject()))]
            await parts.insert_parts(transaction, kind, [(row.keys, row.parts[kind.member]) for row in changed])
        return statuses

    def list_changes(self, row: Row, stored: StoredObject) -> list[str]:
        """Return the columns and parts of an existing object to which a row gives another value."""
        changed_parts = [kind.member for kind in self.resource.parts if _parts_differ(kind, row, stored)]
        return [*stored.changed_columns, *changed_parts]


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
