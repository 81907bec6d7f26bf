"""Erase all personal data after the retention period

A meeting's purposes in the audit trail are in a table of their own, and its lines contain their digests, so that the
texts can be deleted. If there are purposes, the whole trail is sealed again. Stored responses have the meeting in whose
path they were requested; those of which it is unknown are deleted. Personal data of deleted meetings, and what arrives
later, is erased too.

Does not run under the code before it: stop the service first. No release contains that code.

Revision: 0036, after 0035
"""

from migrations import scripts

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0036_retention/tables_upgrade.sql")
    scripts.run_file("0036_retention/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0036_retention/tables_downgrade.sql")
    scripts.run_file("0036_retention/downgrade.sql")
