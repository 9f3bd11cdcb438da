"""Bookings by one machine: phases, holds, extensions, fees; charging behind a booking is kept free."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0032"
down_revision = "0045"
branch_labels = None
depends_on = None

_TRIGGER = """
CREATE TRIGGER <name> BEFORE <event> ON reservations
WHEN NEW.vehicle_id IS NOT NULL AND NEW.blocks
BEGIN
    SELECT RAISE(ABORT, 'reservation_overlap') WHERE EXISTS (
        SELECT 1 FROM reservations AS other
        WHERE other.vehicle_id = NEW.vehicle_id AND other.id <> NEW.id AND other.blocks
        AND other.from_at < NEW.kept_until_at AND NEW.from_at < other.kept_until_at
    );
END
"""
# Of a used one the rental says how far it has come; where there is none, its time.
_PHASE = """
UPDATE reservations SET phase = CASE
    WHEN state = 'requested' THEN 'asked'
    WHEN state = 'expired' AND reason = 'no_show' THEN 'no_show'
    WHEN state = 'used' THEN coalesce((
        SELECT CASE rentals.state WHEN 'active' THEN 'active' WHEN 'starting' THEN 'starting' ELSE 'closed' END
        FROM rentals WHERE rentals.id = reservations.rental_id), 'closed')
    ELSE state END
"""
_BLOCKS = "UPDATE reservations SET blocks = phase IN ('held', 'asked', 'confirmed', 'ready', 'starting', 'active')"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("ALTER TABLE reservations DROP CONSTRAINT reservation_overlap")
    else:
        op.execute("DROP TRIGGER reservation_overlap_insert")
        op.execute("DROP TRIGGER reservation_overlap_update")
    for column in (
        sa.Column("phase", sa.String(length=10), nullable=True),
        sa.Column("blocks", sa.Boolean(), nullable=True),
        sa.Column("kept_until_at", UtcInstant(), nullable=True),
        sa.Column("hold_until_at", UtcInstant(), nullable=True),
        sa.Column("wanted_until_at", UtcInstant(), nullable=True),
        sa.Column("fee_minor", BigInt, nullable=True),
        sa.Column("fee_currency", sa.String(length=3), nullable=True),
    ):
        op.add_column("reservations", column)
    op.execute(_PHASE)
    op.execute(_BLOCKS)
    op.execute("UPDATE reservations SET kept_until_at = until_at")
    with op.batch_alter_table("reservations") as batch:
        for name in ("phase", "blocks", "kept_until_at"):
            batch.alter_column(name, nullable=False)
    op.create_index(
        "ix_reservations_station_id_open", "reservations", ["station_id", "until_at"], unique=False,
        postgresql_where=sa.text("blocks"), sqlite_where=sa.text("blocks"),
    )  # fmt: skip
    op.add_column("lease_stations", sa.Column("extends", sa.Boolean(), nullable=True))
    op.execute("UPDATE lease_stations SET extends = false")
    with op.batch_alter_table("lease_stations") as batch:
        batch.alter_column("extends", nullable=False)
    op.create_index("ix_reservations_vehicle_id_kept", "reservations", ["vehicle_id", "kept_until_at"], unique=False)
    if postgresql:
        op.execute(
            "ALTER TABLE reservations ADD CONSTRAINT reservation_overlap EXCLUDE USING gist "
            "(vehicle_id WITH =, tstzrange(from_at, kept_until_at, '[)') WITH &&) "
            "WHERE (vehicle_id IS NOT NULL AND blocks)"
        )
        return
    op.execute(_TRIGGER.replace("<event>", "INSERT").replace("<name>", "reservation_overlap_insert"))
    op.execute(_TRIGGER.replace("<event>", "UPDATE").replace("<name>", "reservation_overlap_update"))
