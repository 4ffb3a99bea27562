"""Who has shown that they can get in, who is away or suspended, invitations, and sessions by their browser."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENTS = ("verified_at", "signed_in_at", "awake_at", "warned_at", "suspended_at")


def upgrade() -> None:
    for name in MOMENTS:
        op.add_column("person", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("browser", "system"):
        op.add_column("session", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("session", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    _take_over_what_is_known()
    op.create_table(
        "invitation",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("mail_nonce", sa.String(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_invitation_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("email", name=op.f("uq_invitation_email")),
        sqlite_autoincrement=True,
    )


def _take_over_what_is_known() -> None:
    """Sessions tell who has signed in, for as long as they are kept. Nobody has been away longer than since now."""
    person = sa.table("person", sa.column("id"), *[sa.column(name) for name in MOMENTS])
    session = sa.table("session", sa.column("person_id"), sa.column("begun_at"))
    theirs = sa.select(sa.func.min(session.c.begun_at)).where(session.c.person_id == person.c.id)
    last = sa.select(sa.func.max(session.c.begun_at)).where(session.c.person_id == person.c.id)
    known = {"verified_at": theirs.scalar_subquery(), "signed_in_at": last.scalar_subquery()}
    op.execute(sa.update(person).values(**known, awake_at=sa.func.current_timestamp()))


def downgrade() -> None:
    op.drop_table("invitation")
    with op.batch_alter_table("session") as batch_op:
        for name in ("browser", "system", "ended_at"):
            batch_op.drop_column(name)
    with op.batch_alter_table("person") as batch_op:
        for name in MOMENTS:
            batch_op.drop_column(name)
