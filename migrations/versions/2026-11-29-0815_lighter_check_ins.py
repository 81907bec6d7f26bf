"""Keep rare work out of the plans of check-ins

Functions find who is represented, and a participant's earlier scans; they are only called where they are needed.

Runs under the code before it.

Revision: 0041, after 0040
"""

from migrations import scripts

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0041_lighter_check_ins/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0041_lighter_check_ins/downgrade.sql")
