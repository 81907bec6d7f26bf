"""Order printed rolls by protocol

New: functions office_rank and roll_sort_key, and the column sort_key of the lines of rolls. Rolls that are closed
already have none: they keep the order in which they were issued.

Runs under the code before it.

Revision: 0047, after 0046
"""

from migrations import scripts

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0047_roll_order/tables_upgrade.sql")
    scripts.run_file("0047_roll_order/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0047_roll_order/drops_downgrade.sql")
    scripts.run_file("0047_roll_order/tables_downgrade.sql")
    scripts.run_file("0047_roll_order/downgrade.sql")
