"""Give meetings days, and devices owners and periods of their clocks

A scan belongs to a day of the meeting (meeting_days), and to a period of its device's clock (device_clocks.period);
scans.after_closing becomes `roll_closed_at`, the closing after which the scan came. Participants have statuses of
single days. Existing scans belong to the first period of their epoch, devices to the client of their first scan.

Does not run under the code before it: stop the service first. No release contains that code.

Revision: 0037, after 0036
"""

from migrations import scripts

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0037_days_and_clocks/tables_upgrade.sql")
    scripts.run_file("0037_days_and_clocks/upgrade.sql")
    scripts.run_file("0037_days_and_clocks/rows_upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0037_days_and_clocks/drops_downgrade.sql")
    scripts.run_file("0037_days_and_clocks/tables_downgrade.sql")
    scripts.run_file("0037_days_and_clocks/downgrade.sql")
