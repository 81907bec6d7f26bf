"""Give corrections of a roll a kind

roll_corrections gets the columns `kind` and `status_on`. Does not run under the code before it: stop the service first.
No release contains that code.

Revision: 0032, after 0031
"""

from migrations import scripts

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0032_correction_kinds/columns_upgrade.sql")
    scripts.run_file("0032_correction_kinds/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0032_correction_kinds/downgrade.sql")
    scripts.run_file("0032_correction_kinds/columns_downgrade.sql")
