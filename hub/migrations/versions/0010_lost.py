"""Which numbers a station lost, and how many facts."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lost_ranges",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.String(length=3), nullable=False),
        sa.Column("epoch", BigInt, nullable=False),
        sa.Column("first_seq", BigInt, nullable=False),
        sa.Column("last_seq", BigInt, nullable=True),
        sa.Column("gone", BigInt, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_ranges")),
    )
    op.create_index(op.f("ix_lost_ranges_created_at"), "lost_ranges", ["created_at"], unique=False)
    op.create_index("uq_lost_ranges_place", "lost_ranges", ["station_id", "lane", "epoch", "first_seq"], unique=True)
    for name in ("facts_lost", "facts_shed"):
        op.add_column("stations", sa.Column(name, BigInt, nullable=False, server_default="0"))
    op.add_column("stations", sa.Column("last_loss_at", UtcInstant(), nullable=True))
    with op.batch_alter_table("stations") as batch:
        for name in ("facts_lost", "facts_shed"):
            batch.alter_column(name, server_default=None)
