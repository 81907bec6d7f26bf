"""Count statuses of single days only for the days of the meeting

A status that was set by hand for a date that is no day of the meeting any more makes nobody present.

Runs under the code before it.

Revision: 0043, after 0042
"""

from migrations import scripts

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0043_day_statuses/upgrade.sql")
    scripts.run_file("0043_day_statuses/drops_upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0043_day_statuses/downgrade.sql")
    scripts.run_file("0043_day_statuses/drops_downgrade.sql")
