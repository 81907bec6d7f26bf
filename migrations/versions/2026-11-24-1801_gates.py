"""Badges, the clocks of devices, and what gates report

Must run under the previous release: add, fill, switch; drop one release later.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "badges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("participant", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_badges_digest_length")),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_badges_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badges")),
        sa.UniqueConstraint("meeting", "digest", name=op.f("uq_badges_meeting_digest")),
    )
    op.create_index(op.f("ix_badges_participant"), "badges", ["participant"], unique=False)
    op.create_index(
        "ix_badges_revoked",
        "badges",
        ["meeting", "revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_index(
        "uq_badges_live", "badges", ["participant"], unique=True, postgresql_where=sa.text("revoked_at IS NULL")
    )
    op.create_table(
        "device_clocks",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("clock_epoch", sa.Integer(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("clock_epoch >= 0", name=op.f("ck_device_clocks_clock_epoch_not_negative")),
        sa.CheckConstraint("length(device_id) BETWEEN 1 AND 100", name=op.f("ck_device_clocks_device_id_length")),
        sa.ForeignKeyConstraint(
            ["meeting"], ["meetings.code"], name=op.f("fk_device_clocks_meeting_meetings"), onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting", "device_id", "clock_epoch", name=op.f("pk_device_clocks")),
    )
    op.create_table(
        "clock_readings",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("clock_epoch", sa.Integer(), nullable=False),
        sa.Column("shift", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting", "device_id", "clock_epoch"],
            ["device_clocks.meeting", "device_clocks.device_id", "device_clocks.clock_epoch"],
            name=op.f("fk_clock_readings_meeting_device_id_clock_epoch_device_clocks"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting", "device_id", "clock_epoch", "shift", name=op.f("pk_clock_readings")),
    )
    op.create_table(
        "scans",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("clock_epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("badge", sa.Uuid(), nullable=True),
        sa.Column("badge_text", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_closing", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("annulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("annulled_by", sa.Text(), nullable=True),
        sa.Column("annulled_for", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_scans_direction_known")),
        sa.CheckConstraint(
            "(annulled_at IS NULL) = (annulled_for IS NULL)", name=op.f("ck_scans_annulled_for_a_reason")
        ),
        sa.CheckConstraint("(badge IS NULL) = (badge_text IS NOT NULL)", name=op.f("ck_scans_badge_or_text")),
        sa.ForeignKeyConstraint(
            ["meeting", "device_id", "clock_epoch"],
            ["device_clocks.meeting", "device_clocks.device_id", "device_clocks.clock_epoch"],
            name=op.f("fk_scans_meeting_device_id_clock_epoch_device_clocks"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting", "id", "digest", name=op.f("pk_scans")),
    )
    op.create_index(op.f("ix_scans_badge"), "scans", ["badge"], unique=False)
    op.create_index(
        op.f("ix_scans_device_id_clock_epoch_meeting"), "scans", ["device_id", "clock_epoch", "meeting"], unique=False
    )
    op.create_index(op.f("ix_scans_meeting_received_at_id"), "scans", ["meeting", "received_at", "id"], unique=False)
    # Of it the key of each meeting is derived that signs its badges.
    op.execute(
        "INSERT INTO service_keys (purpose, key) VALUES"
        " ('badges', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
    )


def downgrade() -> None:
    for table in ("scans", "clock_readings", "device_clocks", "badges"):
        op.drop_table(table)
    op.execute("DELETE FROM service_keys WHERE purpose = 'badges'")
