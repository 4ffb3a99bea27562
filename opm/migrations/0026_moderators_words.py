"""Letters to writers, comments that came on paper or by phone, and comments handed to a colleague."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No table is made anew: what hangs on one would go with it."""
    op.add_column("decision", sa.Column("is_letter", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comment", sa.Column("received_how", sa.String(), nullable=True))
    op.add_column("comment", sa.Column("received_on", sa.Date(), nullable=True))
    entered_by = sa.ForeignKey("person.id", name=op.f("fk_comment_entered_by_id_person"))
    op.add_column("comment", sa.Column("entered_by_id", ID, entered_by, nullable=True), inline_references=True)
    op.create_table(
        "handover",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_handover_comment_id_comment"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_handover_to_id_person")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_handover_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_handover_comment_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_handover_to_id"), "handover", ["to_id"])


def downgrade() -> None:
    op.drop_table("handover")
    for column in ("entered_by_id", "received_on", "received_how"):
        op.drop_column("comment", column)
    op.drop_column("decision", "is_letter")
