"""The secret that signs page tokens

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_keys",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_service_keys")),
    )
    # 32 bytes from the server's strong random source, which gen_random_uuid() reads.
    op.execute(
        "INSERT INTO service_keys (purpose, key) VALUES"
        " ('page_tokens', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
    )


def downgrade() -> None:
    op.drop_table("service_keys")
