"""Seal the audit trail in the database

seal_audit_lines() computes and stores seals and roots. The service's role can no longer write them.

Does not run under the code before it, whose sealer writes them itself: stop the service first. No release contains that
code.

Revision: 0033, after 0032
"""

from migrations import scripts

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0033_sealing/privileges_upgrade.sql")
    scripts.run_file("0033_sealing/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0033_sealing/downgrade.sql")
    scripts.run_file("0033_sealing/privileges_downgrade.sql")
