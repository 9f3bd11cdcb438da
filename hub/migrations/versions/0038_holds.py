"""Deposits that are held."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("wanted_minor", BigInt, nullable=False),
        sa.Column("held_minor", BigInt, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=True),
        sa.Column("method_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("expires_at", UtcInstant(), nullable=True),
        sa.Column("let_go", sa.Boolean(), nullable=False),
        sa.Column("topped_by", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.UniqueConstraint("key", name=op.f("uq_holds_key")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_holds_subject_id")),
    )
    for name in ("account_id", "created_at", "rental_id"):
        op.create_index(op.f(f"ix_holds_{name}"), "holds", [name], unique=False)


def downgrade() -> None:
    op.drop_table("holds")
