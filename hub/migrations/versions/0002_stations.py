"""Stations, their docks and chargers."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chargers",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("charger_id", sa.String(length=64), nullable=False),
        sa.Column("vendor", sa.String(length=80), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("firmware", sa.String(length=80), nullable=False),
        sa.Column("seen_hlc", BigInt, nullable=False),
        sa.Column("connectors", Json, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "charger_id", name=op.f("pk_chargers")),
    )
    op.create_table(
        "docks",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("dock_no", BigInt, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("firmware", sa.String(length=80), nullable=False),
        sa.Column("seen_hlc", BigInt, nullable=False),
        sa.Column("faults", Json, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "dock_no", name=op.f("pk_docks")),
    )
    op.create_table(
        "stations",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("help_phone", sa.String(length=40), nullable=False),
        sa.Column("pull_out_s", BigInt, nullable=False),
        sa.Column("min_soc_pct", sa.Double(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("agent", sa.String(length=80), nullable=True),
        sa.Column("agent_hlc", BigInt, nullable=False),
        sa.Column("agent_started_at", UtcInstant(), nullable=True),
        sa.Column("unclean_start", sa.Boolean(), nullable=False),
        sa.Column("last_seen_at", UtcInstant(), nullable=True),
        sa.Column("last_left_at", UtcInstant(), nullable=True),
        sa.Column("picture", Json, nullable=True),
        sa.Column("picture_at", UtcInstant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("number", name=op.f("uq_stations_number")),
    )
    op.create_index(op.f("ix_stations_created_at"), "stations", ["created_at"], unique=False)
