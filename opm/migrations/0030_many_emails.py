"""Emails that go to many wait behind those that somebody waits for; and addresses that mail does not reach."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("email", sa.Column("is_bulk", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_email_due", "email")
    op.create_index("ix_email_due", "email", ["state", "is_bulk", "due_at"])
    op.create_table(
        "failing_address",
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("hard_count", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_failing_address")),
    )
    op.create_index("ix_failing_address_last_at", "failing_address", ["last_at"])


def downgrade() -> None:
    op.drop_table("failing_address")
    op.drop_index("ix_email_due", "email")
    op.create_index("ix_email_due", "email", ["state", "due_at"])
    op.drop_column("email", "is_bulk")
