"""Add only the first content of a scan id to a closed roll

A device may send different contents under one id. A confirmed correction of the kind `late_upload` adds the one that
was received first. Rolls that were corrected before keep what was added.

Runs under the code before it.

Revision: 0045, after 0044
"""

from migrations import scripts

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0045_first_content/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0045_first_content/downgrade.sql")
