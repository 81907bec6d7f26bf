"""Let live clients alone keep their objects, and allow a participant in several capacities

clients gets the columns `live_organization` and `live_meeting`, which have the foreign keys. A participant is unique by
meeting, official and capacity. Circles of representation and trees of more than 16 levels cannot be created by
concurrent or moving writes. Does not run under the code before it: stop the service first. No release contains that
code.

Revision: 0038, after 0037
"""

from migrations import scripts

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0038_codes_and_circles/tables_upgrade.sql")
    scripts.run_file("0038_codes_and_circles/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0038_codes_and_circles/downgrade.sql")
    scripts.run_file("0038_codes_and_circles/tables_downgrade.sql")
