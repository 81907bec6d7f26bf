"""The SQL that reads the audit trail."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, DateTime, Text, bindparam, cast, func, literal_column, select

from app import models
from app.audit import schemas
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect, Expression

_line, _text, _seal, _root = models.AuditLine, models.AuditText, models.AuditSeal, models.AuditRoot


def _encode_hex(hash_: Expression) -> ColumnElement[str]:
    """Return the SQL expression of a hash (bytes) as hexadecimal digits."""
    return func.encode(hash_, literal_column("'hex'"))


def select_audit_line(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an audit line document, one column per JSON member; it does not depend on the day."""
    return (
        select(
            _line.id,
            cast(_line.xid, Text).label("xid"),
            _line.at,
            _line.client,
            _line.scope,
            _line.operation,
            _line.keys,
            _line.request_id,
            _text.text.label("purpose"),
            _line.purpose_digest,
            _seal.position,
            _encode_hex(_seal.hash).label("hash"),
        )
        .select_from(_line)
        .outerjoin(_text, _text.line == _line.id)
        .outerjoin(_seal, _seal.line == _line.id)
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of each filter (client, key, time …) that a request for audit lines uses."""
    if "client" in filters:
        yield _line.client == bindparam("client")
    if "operation" in filters:
        yield _line.operation == bindparam("operation")
    if "key" in filters:
        yield _line.keys.contains(func.array_append(literal_column("'{}'::text[]"), bindparam("key", type_=Text)))
    if "from_" in filters:
        yield _line.at >= bindparam("from_", type_=DateTime(timezone=True))
    if "to" in filters:
        yield _line.at < bindparam("to", type_=DateTime(timezone=True))


LINES = Collection(
    Document(schemas.AuditLine, select_audit_line),
    _line,
    conditions=_filter_conditions,
    sorts={"id": []},
)


def select_audit_root(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an audit root document, one column per JSON member; it does not depend on the day."""
    return select(_root.hour, _root.position, _encode_hex(_root.hash).label("hash"), _root.sealed_at)


ROOTS = Collection(
    Document(schemas.AuditRoot, select_audit_root),
    _root,
    conditions=lambda _: (),
    sorts={"hour": []},
)
