"""Demand: the balance's copies of rides and vehicles, filled with what there is, and what is learnt from them."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0044"
down_revision = "0028"
branch_labels = None
depends_on = None

_RIDES = """
INSERT INTO demand_rides (rental_id, vehicle_id, from_station_id, started_at, to_station_id, ended_at)
SELECT id, vehicle_id, station_id, coalesce(undocked_at, started_at),
    CASE WHEN state = 'ended' THEN coalesce(ended_station_id, station_id) END,
    CASE WHEN state = 'ended' THEN ended_at END
FROM rentals WHERE state IN ('active', 'ended') AND coalesce(undocked_at, started_at) IS NOT NULL
"""
_VEHICLES = """
INSERT INTO balance_vehicles (vehicle_id, label, kind, battery_wh, charge_w, why_not, papers_until, station_id, dock_no,
    docked, soc_pct, faulty)
SELECT vehicle_id, label, kind, battery_wh, charge_w, why_not, papers_until, station_id, dock_no, docked,
    soc_pct, faulty
FROM offer_vehicles
"""


def upgrade() -> None:
    op.create_table(
        "demand_rides",
        sa.Column("rental_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("from_station_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("to_station_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("rental_id", name=op.f("pk_demand_rides")),
    )
    op.create_index(op.f("ix_demand_rides_started_at"), "demand_rides", ["started_at"], unique=False)
    op.create_table(
        "demand_rates",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("out", Json, nullable=False),
        sa.Column("back", Json, nullable=False),
        sa.Column("since", UtcInstant(), nullable=False),
        sa.Column("learnt_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "kind", name=op.f("pk_demand_rates")),
    )
    op.create_table(
        "balance_vehicles",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("battery_wh", sa.Double(), nullable=True),
        sa.Column("charge_w", sa.Double(), nullable=True),
        sa.Column("why_not", sa.String(length=80), nullable=True),
        sa.Column("papers_until", UtcInstant(), nullable=True),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("dock_no", BigInt, nullable=True),
        sa.Column("docked", sa.Boolean(), nullable=True),
        sa.Column("soc_pct", sa.Double(), nullable=True),
        sa.Column("faulty", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_balance_vehicles")),
    )
    op.create_index(op.f("ix_balance_vehicles_station_id"), "balance_vehicles", ["station_id"], unique=False)
    for filled in (_RIDES, _VEHICLES):
        op.execute(filled)
