"""Leases: what stations keep for bookings; reservations that are asked for before they are promised."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NEW = "('requested', 'confirmed', 'used')"
_TRIGGER = """
CREATE TRIGGER <name> BEFORE <event> ON reservations
WHEN NEW.vehicle_id IS NOT NULL AND NEW.state IN <states>
BEGIN
    SELECT RAISE(ABORT, 'reservation_overlap') WHERE EXISTS (
        SELECT 1 FROM reservations AS other
        WHERE other.vehicle_id = NEW.vehicle_id AND other.id <> NEW.id AND other.state IN <states>
        AND other.from_at < NEW.until_at AND NEW.from_at < other.until_at
    );
END
"""


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_kind", sa.String(length=20), nullable=True),
        sa.Column("kept_vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("from_at", UtcInstant(), nullable=False),
        sa.Column("until_at", UtcInstant(), nullable=False),
        sa.Column("answer_by_at", UtcInstant(), nullable=False),
        sa.Column("generation", BigInt, nullable=False),
        sa.Column("granted_generation", BigInt, nullable=False),
        sa.Column("granted_until_at", UtcInstant(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("giving_back", sa.String(length=20), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("rental_id", sa.Uuid(), nullable=True),
        sa.Column("word_hlc", BigInt, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
    )
    op.create_index("ix_leases_station_id_state", "leases", ["station_id", "state"], unique=False)
    op.create_index(op.f("ix_leases_reservation_id"), "leases", ["reservation_id"], unique=False)
    op.create_index(op.f("ix_leases_created_at"), "leases", ["created_at"], unique=False)
    op.create_table(
        "lease_stations",
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("knows", sa.Boolean(), nullable=True),
        sa.Column("agent_hlc", BigInt, nullable=False),
        sa.Column("ahead", Json, nullable=False),
        sa.Column("walk_in_min", BigInt, nullable=False),
        sa.Column("walk_in_pct", sa.Double(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_lease_stations")),
    )
    _reservations()


def _reservations() -> None:
    """What was booked is promised by the hub alone until its station's agent says that it knows leases."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("ALTER TABLE reservations DROP CONSTRAINT reservation_overlap")
    else:
        op.execute("DROP TRIGGER reservation_overlap_insert")
        op.execute("DROP TRIGGER reservation_overlap_update")
    op.add_column("reservations", sa.Column("reason", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("reservations", sa.Column("answer_by_at", UtcInstant(), nullable=True))
    op.add_column("reservations", sa.Column("lease_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE reservations SET state = 'confirmed', reason = 'unbacked' WHERE state = 'booked'")
    op.execute("UPDATE reservations SET answer_by_at = until_at")
    with op.batch_alter_table("reservations") as batch:
        batch.alter_column("reason", server_default=None)
        batch.alter_column("answer_by_at", nullable=False)
    if postgresql:
        op.execute(
            "ALTER TABLE reservations ADD CONSTRAINT reservation_overlap EXCLUDE USING gist "
            "(vehicle_id WITH =, tstzrange(from_at, until_at, '[)') WITH &&) "
            f"WHERE (vehicle_id IS NOT NULL AND state IN {_NEW})"
        )
        return
    made = _TRIGGER.replace("<states>", _NEW)
    op.execute(made.replace("<event>", "INSERT").replace("<name>", "reservation_overlap_insert"))
    op.execute(made.replace("<event>", "UPDATE").replace("<name>", "reservation_overlap_update"))
