"""Standing pages at the desk: revisions, and days to read them again. And what the team chose for the site."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("page", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("page", sa.Column("state", sa.String(), nullable=False, server_default="published"))
    for name in ("withdrawn_because", "withdrawn_to"):
        op.add_column("page", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("page", sa.Column("review_on", sa.Date(), nullable=True))
    op.add_column("page", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("changed_by_id", "reviewed_by_id"):
        op.add_column("page", sa.Column(name, ID, sa.ForeignKey("person.id"), nullable=True), inline_references=True)
    op.create_table(
        "page_revision",
        sa.Column("page_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_page_revision_by_id_person")),
        sa.ForeignKeyConstraint(
            ["page_id"], ["page.id"], name=op.f("fk_page_revision_page_id_page"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("page_id", "number", name=op.f("pk_page_revision")),
    )
    op.create_table(
        "choice",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_choice_by_id_person")),
        sa.PrimaryKeyConstraint("key", "number", name=op.f("pk_choice")),
    )


def downgrade() -> None:
    op.drop_table("choice")
    op.drop_table("page_revision")
    with op.batch_alter_table("page") as batch_op:
        for name in (
            "revision", "state", "withdrawn_because", "withdrawn_to", "review_on", "reviewed_at", "changed_by_id",
            "reviewed_by_id",
        ):  # fmt: skip
            batch_op.drop_column(name)
