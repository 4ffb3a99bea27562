"""Subscribers, what they follow, what waits to be confirmed, and what they have been told.

Posts that are public already, or were, are announced to nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_subscriber_address_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscriber_ended_at", "subscriber", ["ended_at"])
    op.create_table(
        "subscription",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.Column("rhythm", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_subscription_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "subscriber_id", "topic", "topic_id", name=op.f("uq_subscription_subscriber_id_topic_topic_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscription_digest", "subscription", ["rhythm", "told_until"])
    op.create_index("ix_subscription_topic", "subscription", ["topic", "topic_id", "rhythm", "subscriber_id"])
    op.create_table(
        "sign_up",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("topic_id", ID, nullable=False),
        sa.Column("rhythm", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("flags", sa.String(), nullable=False),
        sa.Column("sameness", sa.String(), nullable=True),
        sa.Column("subscriber_id", ID, nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("panel_handle", sa.String(), nullable=False),
        sa.Column("panel_opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_nonce", sa.String(), nullable=False),
        sa.Column("code_nonce", sa.String(), nullable=False),
        sa.Column("code_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_sign_up_subscriber_id_subscriber"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("panel_handle", name=op.f("uq_sign_up_panel_handle")),
        sa.UniqueConstraint("sameness", name=op.f("uq_sign_up_sameness")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_up_subscriber_id", "sign_up", ["subscriber_id"])
    op.create_table(
        "address_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("panel_handle", sa.String(), nullable=False),
        sa.Column("panel_opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_nonce", sa.String(), nullable=False),
        sa.Column("code_nonce", sa.String(), nullable=False),
        sa.Column("code_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_address_change_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("panel_handle", name=op.f("uq_address_change_panel_handle")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_address_change_subscriber_id", "address_change", ["subscriber_id"])
    op.create_table(
        "announcement",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_id", ID, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_announcement_one_thing")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_announcement_comment_id_comment"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_announcement_post_id_post"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_announcement_comment_id")),
        sa.UniqueConstraint("post_id", name=op.f("uq_announcement_post_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_announcement_ended_at", "announcement", ["ended_at"])
    op.create_table(
        "told",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("email_id", ID, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_told_one_thing")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_told_comment_id_comment"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_told_post_id_post"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_told_subscriber_id_subscriber"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_told_subscription_id_subscription"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told")),
        sa.UniqueConstraint("comment_id", "subscriber_id", name=op.f("uq_told_comment_id_subscriber_id")),
        sa.UniqueConstraint("post_id", "subscriber_id", name=op.f("uq_told_post_id_subscriber_id")),
        sa.UniqueConstraint("post_id", "subscription_id", name=op.f("uq_told_post_id_subscription_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_told_at", "told", ["told_at"])
    op.create_index("ix_told_email", "told", ["email_id"])
    op.create_index("ix_told_subscriber", "told", ["subscriber_id"])
    op.create_index("ix_told_subscription", "told", ["subscription_id"])
    _call_what_is_public_announced()


def _call_what_is_public_announced() -> None:
    post = sa.table("post", sa.column("id"), sa.column("published_at"))
    announcement = sa.table("announcement", *map(sa.column, ("post_id", "made_at", "reached_id", "ended_at")))
    now = sa.func.current_timestamp()
    public = sa.select(post.c.id, now, sa.literal(0), now).where(post.c.published_at.is_not(None))
    op.execute(sa.insert(announcement).from_select(list(announcement.c.keys()), public))


def downgrade() -> None:
    op.drop_table("told")
    op.drop_table("announcement")
    op.drop_table("address_change")
    op.drop_table("sign_up")
    op.drop_table("subscription")
    op.drop_table("subscriber")
