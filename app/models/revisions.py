"""The table of revisions: each change of an object, with author, reason, and content before and after."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.audit import Xid8
from app.models.metadata import Base, one_of_check
from app.models.vocabulary import RevisionAction


class Revision(Base):
    """One revision of one object. Only the trigger `record_revision` writes this table.

    `resource`: the name of the object's list (`officials`). `key`: the key in its URL. `before` and `after`: the
    object's members, with references as codes, including the members that other tables store. A deletion has no
    `after`. `commit`: the row of `history.commits`, which gets its stamp when the transaction ends, in commit order.
    """

    __tablename__ = "revisions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    resource: Mapped[str]
    key: Mapped[str]
    revision: Mapped[int]
    action: Mapped[str]
    commit: Mapped[int] = mapped_column(BigInteger)
    xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    client: Mapped[str | None]
    made_by: Mapped[str | None]
    request_id: Mapped[str | None]
    reason: Mapped[str | None]
    legal_basis: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        CheckConstraint(one_of_check("action", RevisionAction), name="action_known"),
        CheckConstraint("(before IS NULL) = (action = 'created')", name="before_unless_created"),
        CheckConstraint("(after IS NULL) = (action = 'deleted')", name="after_unless_deleted"),
        Index("uq_revisions_resource_key_revision", "resource", "key", "revision", unique=True),
        Index(None, "xid", "id"),
        Index(
            "ix_revisions_deleted_participants",
            text("(before ->> 'meeting'::text)"),
            postgresql_where=text("resource = 'participants' AND action = 'deleted'"),
        ),
    )
