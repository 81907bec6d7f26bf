"""Copy rolls when they are closed

New: closed_rolls and closed_roll_lines with their history, and the schema `closed`. Rolls that are closed already are
copied as they are now. Does not run under the code before it: stop the service first. No release contains that code.

Revision: 0039, after 0038
"""

from migrations import scripts

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0039_closed_rolls/tables_upgrade.sql")
    scripts.run_file("0039_closed_rolls/upgrade.sql")
    scripts.run_file("0039_closed_rolls/rows_upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0039_closed_rolls/downgrade.sql")
    scripts.run_file("0039_closed_rolls/tables_downgrade.sql")
