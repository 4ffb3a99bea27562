"""What lets somebody who asked never to be mailed change their mind."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("blocked_address") as batch_op:
        batch_op.add_column(sa.Column("nonce", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("blocked_address") as batch_op:
        batch_op.drop_column("nonce")
