"""Begin a new interval with an entry after the last cut-off

A participant who enters again on the last day after its cut-off, without an exit before, is present until the end of
the day's window. Until now that entry was ignored in the intervals and for the quorum.

Runs under the code before it.

Revision: 0046, after 0045
"""

from migrations import scripts

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0046_derived_presence/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0046_derived_presence/downgrade.sql")
