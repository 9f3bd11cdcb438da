"""Tariffs: way, energy, being late, windows, taxes by line, whom they are for; and which stations read that."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json

revision = "0036"
down_revision = "0042"
branch_labels = None
depends_on = None

_NUMBERS = ("per_km_minor", "ride_kwh_minor", "late_grace_minutes", "late_hour_minor")


def upgrade() -> None:
    for name in _NUMBERS:
        op.add_column("tariff_versions", sa.Column(name, BigInt, server_default="0", nullable=False))
    for name, empty in (("windows", "[]"), ("tax_pcts", "{}"), ("kinds", "[]"), ("station_ids", "[]")):
        op.add_column("tariff_versions", sa.Column(name, Json, server_default=empty, nullable=False))
    op.create_table(
        "tariff_readers",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("reads_rich", sa.Boolean(), nullable=False),
        sa.Column("agent_hlc", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_tariff_readers")),
    )
    # Until its agent says otherwise, a station is taken for one that cannot.
    op.execute("INSERT INTO tariff_readers (station_id, reads_rich, agent_hlc) SELECT id, false, -1 FROM stations")


def downgrade() -> None:
    op.drop_table("tariff_readers")
    for name in ("station_ids", "kinds", "tax_pcts", "windows", *reversed(_NUMBERS)):
        op.drop_column("tariff_versions", name)
