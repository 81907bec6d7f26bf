"""Record who gives a client rights as its controller

Further scopes, or another organization or meeting, make the client that gives them a controller. Who gave rights before
is not recorded.

Runs under the code before it.

Revision: 0044, after 0043
"""

from migrations import scripts

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0044_given_rights/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0044_given_rights/downgrade.sql")
