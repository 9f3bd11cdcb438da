"""The fleet: types of vehicles, their papers, their history; VIN, plate and service of each."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0030"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vehicle_types",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("form_factor", sa.String(length=20), nullable=False),
        sa.Column("propulsion", sa.String(length=20), nullable=False),
        sa.Column("make", sa.String(length=80), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("dock_kind", sa.String(length=20), nullable=False),
        sa.Column("battery_wh", sa.Double(), nullable=False),
        sa.Column("wh_per_km", sa.Double(), nullable=False),
        sa.Column("charge_w", sa.Double(), nullable=False),
        sa.Column("range_km", sa.Double(), nullable=False),
        sa.Column("vin_check_digit", sa.Boolean(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_types")),
    )
    op.create_index(op.f("ix_vehicle_types_created_at"), "vehicle_types", ["created_at"], unique=False)
    op.create_table(
        "vehicle_documents",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("valid_from", UtcInstant(), nullable=False),
        sa.Column("valid_until", UtcInstant(), nullable=True),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_documents")),
    )
    op.create_index(op.f("ix_vehicle_documents_created_at"), "vehicle_documents", ["created_at"], unique=False)
    op.create_index(op.f("ix_vehicle_documents_vehicle_id"), "vehicle_documents", ["vehicle_id"], unique=False)
    op.create_table(
        "vehicle_events",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("dock_no", BigInt, nullable=True),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("soc_pct", sa.Double(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_events")),
    )
    op.create_index(op.f("ix_vehicle_events_created_at"), "vehicle_events", ["created_at"], unique=False)
    op.create_index(
        "ix_vehicle_events_vehicle_id_created_at", "vehicle_events", ["vehicle_id", "created_at"], unique=False
    )
    _vehicles()


def _vehicles() -> None:
    with op.batch_alter_table("vehicles") as batch:
        batch.add_column(sa.Column("type_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("vin", sa.String(length=17), nullable=True))
        batch.add_column(sa.Column("plate", sa.String(length=20), nullable=True))
        batch.add_column(sa.Column("service", sa.String(length=10), server_default="deployed", nullable=False))
        batch.add_column(sa.Column("papers_until", UtcInstant(), nullable=True))
        batch.create_unique_constraint(op.f("uq_vehicles_vin"), ["vin"])
        batch.create_unique_constraint(op.f("uq_vehicles_plate"), ["plate"])
    op.create_index("ix_vehicles_type_id", "vehicles", ["type_id"], unique=False)
    op.create_index(op.f("ix_vehicles_papers_until"), "vehicles", ["papers_until"], unique=False)
