"""SQL statements about hundreds of rows of one resource. All identifiers come from the models, never from a file."""

from collections.abc import Mapping

from sqlalchemy import Table

from app.core.db.statements import DIALECT
from app.imports.row_schema import Importable
from app.writes.resource import Resource

PERSON_COLUMNS = ("official", "name")
"""The columns that say who an object is about, if its key is an id, which nobody can read."""


class RowStatements:
    """The statements of one resource. Their parameter is the JSON of the rows, as the repository encodes it."""

    def __init__(self, importable: Importable) -> None:
        resource = importable.resource
        types = {
            name: resource.table.columns[name].type.compile(dialect=DIALECT)
            for name in sorted(importable.columns - {*resource.generated_columns})
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
        self.non_key_columns = others
        self.owner_columns = [
            *([resource.owner_column] if resource.owner_column else []),
            *(claim.column for claim in resource.ownership_claims),
        ]
        changed = [
            f"""CASE WHEN {is_given[name]} AND stored."{name}" IS DISTINCT FROM given."{name}" THEN '{name}' END"""
            for name in others
        ]
        stored_columns = [
            "stored.parts::text" if resource.parts else "NULL",
            f"array_remove(ARRAY[{', '.join(changed)}], NULL)",
            _other_person_condition(resource, is_given),
            *(f'stored."{name}"::text' for name in self.owner_columns),
        ]
        self.select_for_update = (
            f"SELECT given._line, {', '.join(stored_columns)} FROM {given}"  # noqa: S608
            f" JOIN {table} AS stored ON {equal_keys} ORDER BY given._line FOR NO KEY UPDATE OF stored"
        )
        columns = ", ".join(f'stored."{name}"' for name in others)
        self.select_columns = f"SELECT {columns} FROM {given} JOIN {table} AS stored ON {equal_keys}"  # noqa: S608
        self.update = (
            f"UPDATE {table} AS stored SET {assignments} FROM {given} WHERE {equal_keys} AND ({differs})"  # noqa: S608
            " RETURNING given._line"
        )
        self.select_dangling = _dangling_rows_query(resource.table, given, column_types)
        self.insert = f"INSERT INTO {table} ({names}) SELECT {names} FROM {given} ORDER BY given._line"  # noqa: S608


def _other_person_condition(resource: Resource, is_given: Mapping[str, str]) -> str:
    """Build the SQL condition that a row names another person than the stored object; case does not matter."""
    if resource.key_columns[-1] != "id":
        return "false"
    conditions = [
        f'{is_given[name]} AND stored."{name}" IS NOT NULL'
        f' AND lower(stored."{name}"::text) IS DISTINCT FROM lower(given."{name}"::text)'
        for name in PERSON_COLUMNS
        if name in is_given
    ]
    return f"({' OR '.join(conditions)})"


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
