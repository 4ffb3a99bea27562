"""Reports of comments, legal notices, and what was answered to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "settlement",
        sa.Column("id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("report_count", sa.Integer(), nullable=False),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_settlement_by_id_person")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_settlement_decision_id_decision"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("settlement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_decided_at"), ["decided_at"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", ID, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("comment_id", ID, nullable=True),
        sa.Column("rule_number", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("untrue", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("writer_unknown", sa.Boolean(), nullable=False),
        sa.Column("may_be_named", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("sameness", sa.String(), nullable=True),
        sa.Column("settlement_id", ID, nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("panel_handle", sa.String(), nullable=False),
        sa.Column("panel_opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_nonce", sa.String(), nullable=False),
        sa.Column("code_nonce", sa.String(), nullable=False),
        sa.Column("code_made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_report_comment_id_comment"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.id"], name=op.f("fk_report_settlement_id_settlement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("panel_handle", name=op.f("uq_report_panel_handle")),
        sa.UniqueConstraint("sameness", name=op.f("uq_report_sameness")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_settlement_id"), ["settlement_id"], unique=False)


def downgrade() -> None:
    op.drop_table("report")
    op.drop_table("settlement")
