"""Standing pages, and addresses that something had once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "moved",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_moved")),
    )
    op.create_table(
        "page",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("source_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint("slug", name=op.f("uq_page_slug")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_page_source_source_id")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("page")
    op.drop_table("moved")
