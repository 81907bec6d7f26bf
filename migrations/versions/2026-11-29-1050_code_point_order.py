"""Order texts by code point, whatever the locale of the database

Indexes of lists have the collation "C", and codes have one of their own. Functions and views order by it, and fold()
makes lower case without the locale.

Runs under the code before it, whose lists are sorted without an index meanwhile.

Revision: 0049, after 0048
"""

from migrations import scripts

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0049_code_point_order/tables_upgrade.sql")
    scripts.run_file("0049_code_point_order/upgrade.sql")
    scripts.run_file("0049_code_point_order/refold.sql")


def downgrade() -> None:
    scripts.run_file("0049_code_point_order/downgrade.sql")
    scripts.run_file("0049_code_point_order/tables_downgrade.sql")
