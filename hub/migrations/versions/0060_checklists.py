"""Checklists that stations show, and what staff filled in there."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0060"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checklists",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("questions", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklists")),
        sa.UniqueConstraint("key", name=op.f("uq_checklists_key")),
    )
    op.create_index(op.f("ix_checklists_created_at"), "checklists", ["created_at"], unique=False)
    op.create_table(
        "filled_checklists",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("staff_name", sa.String(length=120), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("dock_no", BigInt, nullable=True),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filled_checklists")),
    )
    for column in ("created_at", "station_id", "vehicle_id"):
        op.create_index(op.f(f"ix_filled_checklists_{column}"), "filled_checklists", [column], unique=False)
