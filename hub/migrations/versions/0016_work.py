"""Durable work: wishes, and the workers that carry them out."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("payload", Json, nullable=False),
        sa.Column("not_before", UtcInstant(), nullable=False),
        sa.Column("round", BigInt, nullable=False),
        sa.Column("handed_at", UtcInstant(), nullable=True),
        sa.Column("handed_to", sa.String(length=64), nullable=True),
        sa.Column("done_at", UtcInstant(), nullable=True),
        sa.Column("failed_at", UtcInstant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
    )
    op.create_index(op.f("ix_wishes_created_at"), "wishes", ["created_at"], unique=False)
    op.create_index("uq_wishes_key", "wishes", ["key"], unique=True)
    op.create_index(
        "ix_wishes_waiting", "wishes", ["not_before"], unique=False, postgresql_where=sa.text("handed_at IS NULL"),
        sqlite_where=sa.text("handed_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
