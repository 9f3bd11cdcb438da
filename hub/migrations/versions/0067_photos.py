"""Pictures that staff took: which the facts name, which are here."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0067"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", BigInt, nullable=True),
        sa.Column("taken_at", UtcInstant(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("dock_no", BigInt, nullable=True),
        sa.Column("here_at", UtcInstant(), nullable=True),
        sa.Column("lost_at", UtcInstant(), nullable=True),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
    )
    for column in ("created_at", "act_id", "rental_id"):
        op.create_index(op.f(f"ix_photos_{column}"), "photos", [column], unique=False)
    op.create_index("ix_photos_station_id_sha256", "photos", ["station_id", "sha256"], unique=False)
