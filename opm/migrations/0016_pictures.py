"""Pictures: what each shows, whose it is, which files were made of it, and what shows it. Social pictures of posts.

Files that are there already are found by the worker.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("is_decorative", sa.Boolean(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("licence_address", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("renditions", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("added_by_id", ID, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_picture_added_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
        sa.UniqueConstraint("name", name=op.f("uq_picture_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_picture_state"), "picture", ["state"], unique=False)
    op.create_index(op.f("ix_picture_is_stale"), "picture", ["is_stale"], unique=False)
    op.create_index(op.f("ix_picture_added_by_id"), "picture", ["added_by_id"], unique=False)
    for thing in ("post", "page"):
        op.create_table(
            f"{thing}_picture",
            sa.Column(f"{thing}_id", ID, nullable=False),
            sa.Column("picture_id", ID, nullable=False),
            sa.ForeignKeyConstraint(
                [f"{thing}_id"],
                [f"{thing}.id"],
                name=op.f(f"fk_{thing}_picture_{thing}_id_{thing}"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                ["picture_id"], ["picture.id"], name=op.f(f"fk_{thing}_picture_picture_id_picture")
            ),
            sa.PrimaryKeyConstraint(f"{thing}_id", "picture_id", name=op.f(f"pk_{thing}_picture")),
        )
        op.create_index(op.f(f"ix_{thing}_picture_picture_id"), f"{thing}_picture", ["picture_id"], unique=False)
    op.create_table(
        "social_card",
        sa.Column("post_id", ID, autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("site_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_social_card_post_id_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_social_card")),
    )


def downgrade() -> None:
    for name in ("social_card", "page_picture", "post_picture", "picture"):
        op.drop_table(name)
