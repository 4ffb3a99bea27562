"""The comments in one state are found in the order in which they were written."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_comment_archive", "comment", ["state", "written_at"])


def downgrade() -> None:
    op.drop_index("ix_comment_archive", "comment")
