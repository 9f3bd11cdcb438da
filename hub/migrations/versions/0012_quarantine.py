"""Quarantined facts can be applied again or dismissed; facts of unknown types wait there for a hub that knows them."""

import os
from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import UtcInstant
from protocols.values import to_ms, uuid7

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What the hub of 0.1.0 could apply, all in version 1.
_KNOWN = (
    "RentalStarted", "RentalActivated", "RentalVoided", "RentalEnded", "VehicleDocked", "VehicleUndocked",
    "ChargingStarted", "ChargingMetered", "ChargingStopped", "ChargingOrphaned", "DockFaultRaised",
    "DockFaultCleared", "DockSeen", "ChargerSeen", "ConnectorChanged", "AgentStarted", "OrderEnded",
)  # fmt: skip
_UNKNOWN = """
SELECT f.station_id, f.lane, f.epoch, f.seq, f.type, f.v, f.received_at, f.record FROM facts AS f
WHERE NOT (f.v = 1 AND f.type IN :known) AND f.type <> '?'
AND NOT EXISTS (
    SELECT 1 FROM quarantine AS q
    WHERE q.station_id = f.station_id AND q.lane = f.lane AND q.epoch = f.epoch AND q.seq = f.seq
)
"""
_CHUNK = 1000


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("state", sa.String(length=10), nullable=False, server_default="waiting"))
    op.add_column("quarantine", sa.Column("settled_at", UtcInstant(), nullable=True))
    with op.batch_alter_table("quarantine") as batch:
        batch.alter_column("state", server_default=None)
    op.create_index("ix_quarantine_state_type", "quarantine", ["state", "type"], unique=False)
    op.create_table(
        "quarantine_acts",
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine_acts")),
    )
    op.create_index(op.f("ix_quarantine_acts_created_at"), "quarantine_acts", ["created_at"], unique=False)
    op.create_index(op.f("ix_quarantine_acts_quarantine_id"), "quarantine_acts", ["quarantine_id"], unique=False)
    _park()


def _park() -> None:
    """The facts that no hub could read yet stand among the others: put them where a newer hub looks for them."""
    found = sa.text(_UNKNOWN).bindparams(sa.bindparam("known", _KNOWN, expanding=True))
    types: dict[str, Any] = {"station_id": sa.Uuid(), "received_at": UtcInstant(), "record": sa.LargeBinary()}
    rows = op.get_bind().execute(found.columns(**types)).all()
    for at in range(0, len(rows), _CHUNK):
        op.bulk_insert(_TABLE, [_row(row) for row in rows[at : at + _CHUNK]])


_TABLE = sa.table(
    "quarantine",
    sa.column("id", sa.Uuid()),
    sa.column("created_at", UtcInstant()),
    sa.column("station_id", sa.Uuid()),
    sa.column("record", sa.LargeBinary()),
    *(sa.column(name) for name in ("lane", "epoch", "seq", "type", "code", "detail", "state")),
)


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": uuid7(to_ms(row.received_at), os.urandom(10)),
        "created_at": row.received_at,
        "station_id": row.station_id,
        "lane": row.lane,
        "epoch": row.epoch,
        "seq": row.seq,
        "type": row.type,
        "code": "unknown_type",
        "detail": f"{row.type} v{row.v}",
        "record": bytes(row.record),
        "state": "parked",
    }
