"""End each day of a meeting before the next one, also if a session lasts for several days

Until now the days overlapped, and a scan could belong to either. The days of all meetings are stored anew, and the
attendance that depends on them.

Runs under the code before it.

Revision: 0042, after 0041
"""

from migrations import scripts

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0042_days_of_long_sessions/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0042_days_of_long_sessions/downgrade.sql")
