"""What a search reads: stations and vehicles in one place, filled from those that are there."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0031"
down_revision = "0026"
branch_labels = None
depends_on = None

_STATIONS = """
INSERT INTO offer_stations (station_id, name, currency, latitude, longitude, min_soc_pct, heard_at)
SELECT id, name, currency, latitude, longitude, min_soc_pct, last_seen_at FROM stations
"""
_VEHICLES = """
INSERT INTO offer_vehicles (vehicle_id, label, kind, model, type_id, tariff_id, full_range_km, battery_wh, wh_per_km,
    charge_w, why_not, papers_until)
SELECT v.id, v.label, v.kind, v.model, v.type_id, v.tariff_id, v.full_range_km, t.battery_wh, t.wh_per_km, t.charge_w,
    CASE WHEN v.rentable AND v.service = 'deployed' THEN ''
         WHEN v.why_not <> '' AND v.service = 'deployed' THEN v.why_not ELSE 'not_for_rent' END, v.papers_until
FROM vehicles v LEFT JOIN vehicle_types t ON t.id = v.type_id
"""
_PLACES = """
INSERT INTO offer_vehicles (vehicle_id, station_id, dock_no, docked, soc_pct, soh_pct, faulty)
SELECT c.vehicle_id, c.station_id, c.dock_no, c.state = 'docked', CAST(c.battery->>'soc_pct' AS DOUBLE PRECISION),
    CAST(c.battery->>'soh_pct' AS DOUBLE PRECISION), coalesce(c.battery->>'fault_codes', '[]') <> '[]'
FROM vehicle_custody c WHERE true
ON CONFLICT (vehicle_id) DO UPDATE SET station_id = excluded.station_id, dock_no = excluded.dock_no,
    docked = excluded.docked, soc_pct = excluded.soc_pct, soh_pct = excluded.soh_pct, faulty = excluded.faulty
"""


def upgrade() -> None:
    op.create_table(
        "offer_stations",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("min_soc_pct", sa.Double(), nullable=False),
        sa.Column("heard_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_offer_stations")),
    )
    op.create_index("ix_offer_stations_latitude_longitude", "offer_stations", ["latitude", "longitude"], unique=False)
    op.create_table(
        "offer_vehicles",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("type_id", sa.Uuid(), nullable=True),
        sa.Column("tariff_id", sa.Uuid(), nullable=True),
        sa.Column("full_range_km", sa.Double(), nullable=True),
        sa.Column("battery_wh", sa.Double(), nullable=True),
        sa.Column("wh_per_km", sa.Double(), nullable=True),
        sa.Column("charge_w", sa.Double(), nullable=True),
        sa.Column("why_not", sa.String(length=80), nullable=True),
        sa.Column("papers_until", UtcInstant(), nullable=True),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("dock_no", BigInt, nullable=True),
        sa.Column("docked", sa.Boolean(), nullable=True),
        sa.Column("soc_pct", sa.Double(), nullable=True),
        sa.Column("soh_pct", sa.Double(), nullable=True),
        sa.Column("soc_at", UtcInstant(), nullable=True),
        sa.Column("faulty", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_offer_vehicles")),
    )
    op.create_index("ix_offer_vehicles_station_id_docked", "offer_vehicles", ["station_id", "docked"], unique=False)
    op.add_column("reservations", sa.Column("trip_km", sa.Double(), nullable=True))
    for filled in (_STATIONS, _VEHICLES, _PLACES):
        op.execute(filled)
