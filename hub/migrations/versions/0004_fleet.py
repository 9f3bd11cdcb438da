"""Vehicles and who has them."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vehicle_custody",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("dock_no", BigInt, nullable=False),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("since", UtcInstant(), nullable=False),
        sa.Column("hlc", BigInt, nullable=False),
        sa.Column("battery", Json, nullable=True),
        sa.Column("battery_hlc", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_vehicle_custody")),
    )
    op.create_index(op.f("ix_vehicle_custody_station_id"), "vehicle_custody", ["station_id"], unique=False)
    op.create_table(
        "vehicles",
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("dock_kind", sa.String(length=20), nullable=False),
        sa.Column("full_range_km", sa.Double(), nullable=False),
        sa.Column("rentable", sa.Boolean(), nullable=False),
        sa.Column("why_not", sa.String(length=80), nullable=False),
        sa.Column("tariff_id", sa.Uuid(), nullable=True),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicles")),
        sa.UniqueConstraint("label", name=op.f("uq_vehicles_label")),
    )
    op.create_index(op.f("ix_vehicles_created_at"), "vehicles", ["created_at"], unique=False)
