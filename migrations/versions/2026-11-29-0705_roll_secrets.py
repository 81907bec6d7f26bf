"""Create the secrets of rolls

Each meeting gets a random key, of which the nonces of its issued rolls are made. Digests that were issued before remain
known, but a roll that is exported again has another digest.

Runs under the code before it.

Revision: 0031, after 0030
"""

from migrations import scripts

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scripts.run_file("0031_roll_secrets/upgrade.sql")


def downgrade() -> None:
    scripts.run_file("0031_roll_secrets/downgrade.sql")
