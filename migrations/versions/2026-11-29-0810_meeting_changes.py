"""Add corrections of a meeting's dates and retention period

Two clients can bring the erasure of personal data nearer by a correction of the kind `dates` or `retention`.

Does not run under the code before it: stop the service first. No release contains that code.

Revision: 0040, after 0039
"""

from migrations import scripts

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0040_meeting_changes/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0040_meeting_changes/downgrade.sql")
