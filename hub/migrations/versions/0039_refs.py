"""What gateways call our calls."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_refs",
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=140), nullable=False),
        sa.Column("ref", sa.String(length=140), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "key", name=op.f("pk_gateway_refs")),
    )
    op.create_index("ix_gateway_refs_gateway_ref", "gateway_refs", ["gateway", "ref"], unique=False)


def downgrade() -> None:
    op.drop_table("gateway_refs")
