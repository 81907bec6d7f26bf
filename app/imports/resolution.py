"""Resolution of the rows of resources whose rows name people and bodies as people do."""

from collections.abc import Sequence
from dataclasses import replace

from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail
from app.imports.report import ImportOptions
from app.imports.rows import InvalidRow, Row
from app.writes.row_resolution import NamedRow, ResolvedRow

PERSON_COLUMNS = {"official", "name"}
OTHER_ORGANIZATION = ErrorDetail(
    "other_organization",
    Text(
        "Baris ini menyebut organisasi lain daripada parameter organization.",
        "This row names another organization than the parameter organization.",
    ),
    pointer="/organization",
)


async def resolve_chunk(
    transaction: Transaction, options: ImportOptions, chunk: Sequence[Row | InvalidRow]
) -> list[Row | InvalidRow]:
    """Return the rows of a chunk with codes and ids instead of names; an InvalidRow for one that means nothing."""
    resolve = options.importable.resolve
    if resolve is None or options.meeting is None:
        return list(chunk)
    rows = [_with_organization(row, options.organization) for row in chunk if isinstance(row, Row)]
    named = [NamedRow(row.columns, row.parts, None if row.has_generated_key else row.keys["id"]) for row in rows]
    resolved = await resolve(transaction, options.meeting, named)
    results = {row.line: _build_row(row, meaning, options) for row, meaning in zip(rows, resolved, strict=True)}
    return [results[row.line] if isinstance(row, Row) else row for row in chunk]


def _with_organization(row: Row, organization: str | None) -> Row:
    """Return a row with the organization of the whole file, if there is one and the row names none."""
    if organization is None or row.columns["organization"]:
        return row
    given = list(dict.fromkeys([*row.given_columns, "organization"]))
    return replace(row, columns={**row.columns, "organization": organization}, given_columns=given)


def _build_row(row: Row, meaning: ResolvedRow, options: ImportOptions) -> Row | InvalidRow:
    """Return a row as it is written."""
    if meaning.id is None:
        return InvalidRow(row.line, tuple(meaning.errors), None if row.has_generated_key else row.key)
    columns = {**row.columns, **meaning.columns, "id": meaning.id}
    if options.organization not in (None, columns["organization"]):
        return InvalidRow(row.line, (OTHER_ORGANIZATION,), None if row.has_generated_key else row.key)
    given = set(row.given_columns)
    if given & PERSON_COLUMNS:
        given |= PERSON_COLUMNS
    if not row.has_generated_key and not any(row.columns[name] for name in PERSON_COLUMNS):
        given -= PERSON_COLUMNS  # a row without a name changes what is known of the participant with its id
    keys = {**row.keys, "id": meaning.id}
    return replace(
        row,
        key=options.importable.resource.format_key(keys),
        keys=keys,
        has_generated_key=False,
        columns=columns,
        given_columns=sorted(given),
        parts=meaning.parts,
    )
