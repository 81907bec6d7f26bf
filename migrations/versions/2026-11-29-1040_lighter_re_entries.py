"""Derive the attendance only of those whose scans can change it

A further entry of a participant who has not left changes neither the first entry nor the last exit.

Runs under the code before it.

Revision: 0048, after 0047
"""

from migrations import scripts

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0048_lighter_re_entries/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0048_lighter_re_entries/downgrade.sql")
