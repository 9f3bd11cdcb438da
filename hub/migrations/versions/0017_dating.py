"""When things really happened: boots without a time, and what is uncertain."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "station_boots",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("boot", sa.String(length=64), nullable=False),
        sa.Column("first_hlc", BigInt, nullable=False),
        sa.Column("last_mono_ms", BigInt, nullable=False),
        sa.Column("least_ms", BigInt, nullable=False),
        sa.Column("anchor_at_ms", BigInt, nullable=True),
        sa.Column("anchor_mono_ms", BigInt, nullable=True),
        sa.Column("anchor_uncertainty_ms", BigInt, nullable=True),
        sa.PrimaryKeyConstraint("station_id", "boot", name=op.f("pk_station_boots")),
    )
    op.create_table(
        "undated_facts",
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("shift_ms", BigInt, nullable=False),
        sa.Column("uncertainty_ms", BigInt, nullable=False),
        sa.Column("hlc", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("fact_id", name=op.f("pk_undated_facts")),
    )
    op.create_index(op.f("ix_undated_facts_station_id"), "undated_facts", ["station_id"], unique=False)
    op.add_column("rentals", sa.Column("uncertainty_s", sa.Double(), server_default="0", nullable=False))
    op.add_column("vehicle_sightings", sa.Column("uncertainty_ms", BigInt, server_default="0", nullable=False))
    for name in ("started_uncertainty_s", "stopped_uncertainty_s"):
        op.add_column("charging_sessions", sa.Column(name, sa.Double(), server_default="0", nullable=False))
