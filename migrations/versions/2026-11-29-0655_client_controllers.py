"""Record who controls a client

client_controllers, with the controllers of existing clients from the audit trail; clients_count_as_one().

Runs under the previous release, which does not ask who controls a client.

Revision: 0030, after 0029
"""

from migrations import scripts

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0030_client_controllers/tables.sql")
    scripts.run_file("0030_client_controllers/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0030_client_controllers/downgrade.sql")
