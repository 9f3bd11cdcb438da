"""Rentals as folds of what stations told; what else was seen of vehicles."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant
from protocols.values import from_ms

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = 2**63 - 1
_KINDS = {
    "RentalStarted": "started",
    "RentalActivated": "activated",
    "RentalVoided": "voided",
    "RentalEnded": "ended",
}
_KEPT = """
SELECT f.station_id, f.hlc, f.fact_id, f.type, f.record FROM facts AS f
WHERE f.v = 1 AND f.type IN
    ('RentalStarted', 'RentalActivated', 'RentalVoided', 'RentalEnded', 'VehicleDocked', 'VehicleUndocked')
AND NOT EXISTS (
    SELECT 1 FROM quarantine AS q
    WHERE q.station_id = f.station_id AND q.lane = f.lane AND q.epoch = f.epoch AND q.seq = f.seq
)
ORDER BY f.hlc, f.station_id, f.fact_id
"""


def upgrade() -> None:
    op.create_table(
        "vehicle_sightings",
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("hlc", BigInt, nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("dock_no", BigInt, nullable=False),
        sa.Column("soc_pct", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("fact_id", name=op.f("pk_vehicle_sightings")),
    )
    op.create_index("ix_vehicle_sightings_vehicle_id_hlc", "vehicle_sightings", ["vehicle_id", "hlc"], unique=False)
    new = (
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("ended_station_id", sa.Uuid(), nullable=True),
        sa.Column("flags", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("told", sa.LargeBinary(), nullable=False, server_default=""),
        sa.Column("began_hlc", BigInt, nullable=True),
        sa.Column("ended_hlc", BigInt, nullable=False, server_default=str(_OPEN)),
        sa.Column("settled_hlc", BigInt, nullable=False, server_default=str(_OPEN)),
        sa.Column("close_order_id", sa.Uuid(), nullable=True),
    )
    for column in new:
        op.add_column("rentals", column)
    with op.batch_alter_table("rentals") as batch:
        for name in ("flags", "told", "ended_hlc", "settled_hlc"):
            batch.alter_column(name, server_default=None)
    op.drop_index(op.f("ix_rentals_vehicle_id"), "rentals")
    op.drop_index(op.f("ix_rentals_account_id"), "rentals")
    op.create_index("ix_rentals_vehicle_id_settled_hlc", "rentals", ["vehicle_id", "settled_hlc"], unique=False)
    op.create_index("ix_rentals_account_id_ended_hlc", "rentals", ["account_id", "ended_hlc"], unique=False)
    _fill()


def _fill() -> None:
    """The words that the rentals were made of stand in the facts; a rental is folded anew with its next one."""
    facts = sa.text(_KEPT).columns(station_id=sa.Uuid(), fact_id=sa.Uuid(), record=sa.LargeBinary())
    told: dict[str, dict[str, list[dict[str, Any]]]] = {}
    seen: list[dict[str, Any]] = []
    for station_id, hlc, fact_id, kind, record in op.get_bind().execute(facts):
        body = json.loads(record)["body"]
        if kind in _KINDS:
            word = {"station_id": str(station_id), "hlc": hlc, "fact_id": str(fact_id), "body": body}
            told.setdefault(body["rental_id"], {}).setdefault(_KINDS[kind], []).append(word)
        elif body.get("rental_id") is None:
            seen.append(_sighting(station_id, hlc, fact_id, kind, body))
    rentals = sa.table(
        "rentals",
        *(sa.column(name, type_) for name, type_ in (("id", sa.Uuid()), ("station_id", sa.Uuid()))),
        *(sa.column(name) for name in ("state", "ended_by", "began_hlc", "ended_hlc", "settled_hlc")),
        sa.column("ended_station_id", sa.Uuid()),
        sa.column("told", sa.LargeBinary()),
    )
    bind = op.get_bind()
    for row in bind.execute(sa.select(rentals.c.id, rentals.c.state, rentals.c.station_id)).all():
        words = told.get(str(row.id), {})
        bind.execute(rentals.update().where(rentals.c.id == row.id).values(**_values(row, words)))
    if seen:
        types: dict[str, Any] = {name: sa.Uuid() for name in ("fact_id", "vehicle_id", "station_id")}
        types |= {"at": UtcInstant()}
        columns = [sa.column(name, types.get(name)) for name in seen[0]]
        bind.execute(sa.table("vehicle_sightings", *columns).insert(), seen)


def _values(row: Any, words: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    first = {kind: every[:1] for kind, every in words.items()}
    hlcs = [word["hlc"] for every in first.values() for word in every]
    over = _OPEN if row.state not in {"ended", "voided"} or not hlcs else max(hlcs)
    ended = row.state == "ended"
    return {
        "told": json.dumps(first).encode(),
        "began_hlc": first["started"][0]["hlc"] if "started" in first else None,
        "ended_hlc": over,
        "settled_hlc": over,
        "ended_by": "station" if ended else None,
        "ended_station_id": row.station_id if ended else None,
    }


def _sighting(station_id: Any, hlc: int, fact_id: Any, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    battery = body.get("battery")
    return {
        "fact_id": fact_id,
        "vehicle_id": sa.Uuid().python_type(body["vehicle_id"]),
        "hlc": hlc,
        "station_id": station_id,
        "what": "docked" if kind == "VehicleDocked" else "left",
        "at": from_ms(body["docked_ms"] if kind == "VehicleDocked" else body["undocked_ms"]),
        "dock_no": body["dock_no"],
        "soc_pct": None if battery is None else battery["soc_pct"],
    }
