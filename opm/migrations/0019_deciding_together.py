"""Decisions that were made together, and the keys that each person decides with."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("decision", sa.Column("batch_id", ID, nullable=True))
    op.create_index(op.f("ix_decision_batch_id"), "decision", ["batch_id"])
    op.add_column("person", sa.Column("keys", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "keys")
    op.drop_index(op.f("ix_decision_batch_id"), "decision")
    op.drop_column("decision", "batch_id")
