"""Give columns plain names

meeting_corrections.held is `recorded`, meetings.forgotten_at `anonymised_at`, scans.annulled_for `annulment_reason`,
roll_corrections.asked_by, asked_at, confirmed_for and confirmed_basis `requested_by`, `requested_at`,
`confirmation_reason` and `confirmation_legal_basis`, roll_digests.made_at `issued_at`; the same in history and in the
contents of revisions.

Does not run under the code before it: stop the service first. No release contains that code.

Revision: 0029, after 0028
"""

from migrations import scripts

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0029_plain_names/columns_upgrade.sql")
    scripts.run_file("0029_plain_names/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0029_plain_names/columns_downgrade.sql")
    scripts.run_file("0029_plain_names/downgrade.sql")
