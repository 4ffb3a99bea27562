"""Tags and series say what they are about; at most one post is featured."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No table is made anew: what hangs on one would go with it."""
    for table in ("series", "tag"):
        op.add_column(table, sa.Column("description", sa.String(), nullable=False, server_default=""))
    is_featured = sa.text("is_featured")
    op.create_index(
        "ix_post_featured", "post", ["is_featured"], unique=True, sqlite_where=is_featured, postgresql_where=is_featured
    )


def downgrade() -> None:
    op.drop_index("ix_post_featured", "post")
    for table in ("series", "tag"):
        op.drop_column(table, "description")
