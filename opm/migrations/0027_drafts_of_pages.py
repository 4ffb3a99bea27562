"""What is typed into standing pages and not saved yet."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "page_draft",
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("page_id", ID, nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_page_draft_person_id_person")),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_page_draft_page_id_page"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("room", "person_id", name=op.f("pk_page_draft")),
    )
    op.create_index(op.f("ix_page_draft_person_id"), "page_draft", ["person_id"])
    op.create_index(op.f("ix_page_draft_page_id"), "page_draft", ["page_id"])


def downgrade() -> None:
    op.drop_table("page_draft")
