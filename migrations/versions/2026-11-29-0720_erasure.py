"""Reject an earlier erasure of personal data by one client

The last day, the retention period and the time zone of a meeting with participants can be changed by one client only
so that the participants are anonymised later.

Runs under the code before it, which answers 422 instead of 409.

Revision: 0033, after 0032
"""

from migrations import scripts

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0033_erasure/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0033_erasure/downgrade.sql")
