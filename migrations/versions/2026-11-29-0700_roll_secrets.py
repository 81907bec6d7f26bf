"""Create the secrets of rolls

Each meeting gets a random key, of which the nonces of its issued rolls are made. Digests that were issued before remain
known, but a roll that is exported again has another digest.

Runs under the code before it.

Revision: 0030, after 0029
"""

from migrations import scripts

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0030_roll_secrets/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0030_roll_secrets/downgrade.sql")
