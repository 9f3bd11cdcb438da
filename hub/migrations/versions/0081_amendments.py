"""Credit notes and invoices for single corrections of a bill, which leave its invoice standing."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("amends_id", "adjustment_id"):
        op.add_column("invoices", sa.Column(name, sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_invoices_amends_id"), "invoices", ["amends_id"], unique=False)
    op.create_index("uq_invoices_amendment", "invoices", ["amends_id", "adjustment_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_invoices_amendment", table_name="invoices")
    op.drop_index(op.f("ix_invoices_amends_id"), table_name="invoices")
    for name in ("amends_id", "adjustment_id"):
        op.drop_column("invoices", name)
