"""Explanations of refused rows."""

from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.problems import CircularParent, ErrorDetail
from app.imports.report import RowReport
from app.imports.repository import RowsRefused, RowWriter
from app.imports.rows import Row
from app.writes.conflicts import AttemptedWrite, to_problem

Refusal = ConstraintViolation | RowsRefused


async def explain_refusal(
    transaction: Transaction, writer: RowWriter, row: Row, refusal: Refusal
) -> tuple[ErrorDetail, ...]:
    """Return the errors for the client that explain why a row was refused.

    Conflicts are read within the transaction, because only it sees the rows of this file.
    """
    if isinstance(refusal, RowsRefused):
        return (refusal.error,)
    resource = writer.resource
    write = AttemptedWrite(
        await writer.get_resulting_columns(transaction, row),
        conflict_queries=resource.conflict_queries,
        part_members=resource.part_members,
        part_items=row.parts,
        own_addresses=[resource.format_address(row.keys)],
    )
    problem = await to_problem(transaction, refusal, write)
    return problem.errors or (ErrorDetail(problem.code, problem.detail, pointer=""),)


def find_blocking_address(result: RowReport) -> str | None:
    """Return the address in the first error of a refused row; None if it has none, or for a circle of parents.

    A circle of parents has none, because changing any of its rows breaks it.
    """
    error = result.errors[0]
    return None if error.code == CircularParent.code else error.address
