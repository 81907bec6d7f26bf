"""Reject an earlier erasure of personal data by one client

The last day, the retention period and the time zone of a meeting with participants can be changed by one client only
so that the participants are anonymised later.

Runs under the code before it, which answers 422 instead of 409.

Revision: 0034, after 0033
"""

from migrations import scripts

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0034_erasure/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0034_erasure/downgrade.sql")
