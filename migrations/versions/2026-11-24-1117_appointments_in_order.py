"""Long lists of appointments come in their order without sorting all of them

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0017, after 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_appointments_beginning": "(COALESCE(lower(possible), '-infinity'::date), id)",
    "ix_appointments_updated_at_id": "(updated_at, id)",
}


def upgrade() -> None:
    # Writers go on meanwhile. What a run that was broken off has left is not valid, so it is made anew.
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON appointments {columns}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
