"""Operators that share the hub. What is there already belongs to the house."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.belonging import HOUSE
from hub.kernel.columns import BigInt, Json, UtcInstant

revision = "0075"
down_revision = "0064"
branch_labels = None
depends_on = None

_INDEXED = ("accounts", "stations", "checklists", "vehicle_types", "vehicles", "tariffs", "restock_plans")
_UNIQUE = (("stations", "number"), ("checklists", "key"), ("vehicles", "label"))


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("seller", Json, nullable=True),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisations_slug")),
    )
    op.create_index(op.f("ix_organisations_created_at"), "organisations", ["created_at"], unique=False)
    op.execute(
        sa.text(
            "INSERT INTO organisations (id, created_at, slug, name, version)"
            " VALUES (:id, CURRENT_TIMESTAMP, 'main', 'Voltdock', 1)"
        ).bindparams(sa.bindparam("id", HOUSE, sa.Uuid()))
    )
    # Of hubs of the version before, which run on for a while and do not know the column: the house's as well.
    for table in _INDEXED:
        op.add_column(table, _column())
        op.create_index(op.f(f"ix_{table}_organisation_id"), table, ["organisation_id"], unique=False)
    op.add_column("registrations", _column())
    for table, name in _UNIQUE:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_{name}"), type_="unique")
            batch.create_unique_constraint(op.f(f"uq_{table}_organisation_id_{name}"), ["organisation_id", name])


def downgrade() -> None:
    for table, name in _UNIQUE:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_organisation_id_{name}"), type_="unique")
            batch.create_unique_constraint(op.f(f"uq_{table}_{name}"), [name])
    op.drop_column("registrations", "organisation_id")
    for table in reversed(_INDEXED):
        op.drop_index(op.f(f"ix_{table}_organisation_id"), table_name=table)
        op.drop_column(table, "organisation_id")
    op.drop_table("organisations")


def _column() -> sa.Column[object]:
    return sa.Column("organisation_id", sa.Uuid(), nullable=False, server_default=HOUSE.hex)
