"""The audit log: a chain of records that the database lets nobody change, remove, skip or put elsewhere."""

import sqlalchemy as sa
from alembic import op

from hub.kernel.columns import BigInt, UtcInstant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SQLITE = (
    # Also keeps INSERT OR REPLACE out, which deletes without asking the trigger for deletes.
    """
    CREATE TRIGGER audit_order BEFORE INSERT ON audit_records BEGIN
        SELECT RAISE(ABORT, 'audit_out_of_order') WHERE
            NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_records);
    END
    """,
    *(
        f"""
        CREATE TRIGGER audit_records_{what} BEFORE {what} ON audit_records BEGIN
            SELECT RAISE(ABORT, 'audit_immutable');
        END
        """
        for what in ("UPDATE", "DELETE")
    ),
)
_POSTGRESQL = (
    """
    CREATE FUNCTION audit_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_records)
        THEN RAISE EXCEPTION 'audit_out_of_order' USING ERRCODE = 'check_violation'; END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION audit_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit_immutable' USING ERRCODE = 'check_violation'; END $$
    """,
    "CREATE TRIGGER audit_order BEFORE INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_order()",
    """
    CREATE TRIGGER audit_records_immutable BEFORE UPDATE OR DELETE ON audit_records
        FOR EACH ROW EXECUTE FUNCTION audit_immutable()
    """,
    "CREATE TRIGGER audit_records_kept BEFORE TRUNCATE ON audit_records EXECUTE FUNCTION audit_immutable()",
)


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("seq", BigInt, autoincrement=False, nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=160), nullable=False),
        sa.Column("target_kind", sa.String(length=60), nullable=True),
        sa.Column("target_id", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_records")),
    )
    op.create_index("ix_audit_records_actor_id_seq", "audit_records", ["actor_id", "seq"], unique=False)
    op.create_index("ix_audit_records_target_id_seq", "audit_records", ["target_id", "seq"], unique=False)
    op.create_index(op.f("ix_audit_records_at"), "audit_records", ["at"], unique=False)
    op.create_index(op.f("ix_audit_records_organisation_id"), "audit_records", ["organisation_id"], unique=False)
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
