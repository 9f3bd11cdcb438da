"""Registrations, links of one use, and what strangers tried."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import UtcInstant

revision = "0025"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    op.create_index(op.f("ix_registrations_expires_at"), "registrations", ["expires_at"])
    op.create_index(op.f("ix_registrations_email_key"), "registrations", ["email_key"])
    op.create_table(
        "links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("used_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_links_secret_hash")),
    )
    op.create_index(op.f("ix_links_subject_id"), "links", ["subject_id"])
    op.create_index(op.f("ix_links_expires_at"), "links", ["expires_at"])
    op.create_table(
        "throttle_counts",
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("until", UtcInstant(), nullable=True),
        sa.Column("forget_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle_counts")),
    )
    op.create_index(op.f("ix_throttle_counts_forget_at"), "throttle_counts", ["forget_at"])
