"""What was sent to the desk by somebody whose session had ended."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_form",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("had_file", sa.Boolean(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("kept_form") as batch_op:
        batch_op.create_index(op.f("ix_kept_form_secret_hash"), ["secret_hash"], unique=False)
        batch_op.create_index(op.f("ix_kept_form_network"), ["network"], unique=False)
        batch_op.create_index(op.f("ix_kept_form_kept_at"), ["kept_at"], unique=False)


def downgrade() -> None:
    op.drop_table("kept_form")
