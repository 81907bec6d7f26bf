"""Create the whole schema: tables, functions, views and triggers

The first revision. It replaces 0001 to 0027, which no release contained: a database at one of those cannot be migrated.
Its SQL is frozen in 0028_baseline; the current text of functions, views and triggers is in migrations/sql.

Revision: 0028, without a predecessor
"""

from migrations import scripts

revision = "0028"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0028_baseline/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0028_baseline/downgrade.sql")
