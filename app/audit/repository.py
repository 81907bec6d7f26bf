"""The SQL that reads the audit trail."""

from collections.abc import Iterator

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Subquery,
    Text,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from app import models
from app.audit import schemas
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect, Expression
from app.writes.client_visibility import visibility_condition

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
    """Yield the SQL condition of each filter in use (client, key, time …), and that the caller may see the line."""
    visible = visibility_condition(filters, _line.__table__.c.client)
    if visible is not None:
        yield visible
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


def _build_roots() -> Subquery:
    """Build the SELECT of all roots, and of the newest seal if it is after the newest root.

    The newest seal ends no hour yet. It is shown under the hour of its line or, if that has a root, under the next one.
    """
    roots = select(_root.hour, _root.position, _root.hash, _root.sealed_at, true().label("finished"))
    newest_root = select(_root.hour, _root.position).order_by(_root.hour.desc()).limit(1).subquery("newest_root")
    newest_seal = (
        select(_seal.position, _seal.line, _seal.hash, _seal.sealed_at)
        .order_by(_seal.position.desc())
        .limit(1)
        .subquery("newest_seal")
    )
    sealed_at = func.coalesce(newest_seal.c.sealed_at, _line.at)
    hour = func.date_trunc("hour", func.least(_line.at, sealed_at), "UTC", type_=DateTime(timezone=True))
    next_hour = newest_root.c.hour + literal_column("interval '1 hour'")
    tail = (
        select(
            func.greatest(hour, next_hour).label("hour"),
            newest_seal.c.position,
            newest_seal.c.hash,
            sealed_at.label("sealed_at"),
            false().label("finished"),
        )
        .select_from(newest_seal)
        .join(_line, _line.id == newest_seal.c.line)
        .outerjoin(newest_root, true())
        .where(newest_seal.c.position > func.coalesce(newest_root.c.position, 0))
    )
    return union_all(roots, tail).subquery("roots")


_roots = _build_roots()


def select_audit_root(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an audit root document, one column per JSON member; it does not depend on the day."""
    return select(
        _roots.c.hour,
        _roots.c.position,
        _encode_hex(_roots.c.hash).label("hash"),
        _roots.c.sealed_at,
        _roots.c.finished,
    )


ROOTS = Collection(
    Document(schemas.AuditRoot, select_audit_root),
    _roots,
    conditions=lambda _: (),
    sorts={"hour": []},
    key=_roots.c.hour,
)
