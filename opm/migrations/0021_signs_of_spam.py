"""What decisions teach about spam, what texts are known by, and that likely spam waits last."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "word_count",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_word_count")),
    )
    op.create_table(
        "text_mark",
        sa.Column("comment_id", ID, autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_text_mark_comment_id_comment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", "mark", name=op.f("pk_text_mark")),
    )
    op.create_index(op.f("ix_text_mark_mark"), "text_mark", ["mark"])
    op.add_column("comment", sa.Column("waits_last", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comment", sa.Column("weighed", sa.Integer(), nullable=True))
    op.drop_index("ix_comment_queue", "comment")
    op.create_index("ix_comment_queue", "comment", ["state", "waits_last", "confirmed_at"])


def downgrade() -> None:
    op.drop_index("ix_comment_queue", "comment")
    op.create_index("ix_comment_queue", "comment", ["state", "confirmed_at"])
    op.drop_column("comment", "weighed")
    op.drop_column("comment", "waits_last")
    op.drop_table("text_mark")
    op.drop_table("word_count")
