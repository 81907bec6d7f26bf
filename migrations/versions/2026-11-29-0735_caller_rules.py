"""Check rules that depend on the caller in the database

Opening a restricted roll, and the region of an organization that a bound client writes. Stored responses name the
objects that they are about, and say whether they contain personal data.

Runs under the previous release, which does not tell the database who calls, so that the rules do not apply.

Revision: 0035, after 0034
"""

from migrations import scripts

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0035_caller_rules/columns_upgrade.sql")
    scripts.run_file("0035_caller_rules/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0035_caller_rules/downgrade.sql")
