"""Every time zone that stands there already is one that there is

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0016, after 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("regions", "organizations")


def upgrade() -> None:
    # In a transaction of its own: the long look at all rows holds no lock that keeps writers out.
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_time_zone_known")


def downgrade() -> None:
    """A constraint that holds of all rows need not be made to hold of new ones alone."""
