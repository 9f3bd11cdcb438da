"""What a case names, so that a vehicle's, a booking's or anything's cases are found."""

import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import Json

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_CASES = sa.table(
    "cases",
    *(sa.column(name, sa.Uuid()) for name in ("id", "about", "station_id", "account_id", "rental_id")),
    *(sa.column(name, Json) for name in ("station_ids", "subjects")),
)
_THINGS = sa.table("case_things", sa.column("case_id", sa.Uuid()), sa.column("thing_id", sa.Uuid()))


def upgrade() -> None:
    op.create_table(
        "case_things",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "thing_id", name=op.f("pk_case_things")),
    )
    connection = op.get_bind()
    last = uuid.UUID(int=0)
    while rows := _after(connection, last):
        connection.execute(sa.insert(_THINGS), [one for row in rows for one in _things(row)])
        last = rows[-1]["id"]
    op.create_index(op.f("ix_case_things_thing_id"), "case_things", ["thing_id"], unique=False)


def _after(connection: sa.Connection, last: uuid.UUID) -> list[Any]:
    query = sa.select(_CASES).where(_CASES.c.id > last).order_by(_CASES.c.id).limit(_AT_ONCE)
    return list(connection.execute(query).mappings())


def _things(row: Any) -> Iterator[dict[str, uuid.UUID]]:
    named = {row["about"], row["station_id"], row["account_id"], row["rental_id"]} - {None}
    for thing_id in named | {uuid.UUID(one) for one in (*row["station_ids"], *row["subjects"].values())}:
        yield {"case_id": row["id"], "thing_id": thing_id}
