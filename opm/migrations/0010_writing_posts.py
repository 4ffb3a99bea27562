"""Posts written at the desk: who did what, when they are due, every saved revision, and words not saved yet."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No table is made anew: on SQLite what hangs on a post (its bylines, its tags) would go with the old one."""
    op.add_column("post", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    for name in ("written_by_id", "changed_by_id", "submitted_by_id"):
        op.add_column("post", sa.Column(name, ID, sa.ForeignKey("person.id"), nullable=True), inline_references=True)
    op.add_column("post", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("post", sa.Column("returned_because", sa.String(), nullable=False, server_default=""))
    op.add_column("post", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_post_publish_at"), "post", ["publish_at"], unique=False)
    for name in ("is_slug_chosen", "is_featured", "comments_closed"):
        op.add_column("post", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("post", sa.Column("withdrawn_to", sa.String(), nullable=False, server_default=""))
    op.add_column("post", sa.Column("comments_last_day", sa.Date(), nullable=True))
    op.create_table(
        "post_revision",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("filed", sa.JSON(), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_post_revision_by_id_person")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_revision_post_id_post"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_revision")),
        sa.UniqueConstraint("post_id", "number", name=op.f("uq_post_revision_post_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "post_draft",
        sa.Column("post_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_post_draft_person_id_person")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_draft_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "person_id", name=op.f("pk_post_draft")),
    )
    with op.batch_alter_table("post_draft") as batch_op:
        batch_op.create_index(op.f("ix_post_draft_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("post_draft")
    op.drop_table("post_revision")
    op.drop_index(op.f("ix_post_publish_at"), "post")
    with op.batch_alter_table("post") as batch_op:
        for name in (
            "revision", "written_by_id", "changed_by_id", "submitted_by_id", "submitted_at", "returned_because",
            "publish_at", "is_slug_chosen", "is_featured", "comments_closed", "withdrawn_to", "comments_last_day",
        ):  # fmt: skip
            batch_op.drop_column(name)
