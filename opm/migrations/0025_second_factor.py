"""The second factor: apps, passkeys, recovery codes, steps in which one is shown; and when a session last saw one."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("session", sa.Column("proved_at", MOMENT, nullable=True))
    op.create_table(
        "authenticator",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("last_code", sa.BigInteger(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        _belongs_to("authenticator", "person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_authenticator")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _belongs_to("recovery_code", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _belongs_to("passkey", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"], unique=False)
    op.create_table(
        "factor_step",
        sa.Column("id", ID, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("page_nonce", sa.String(), nullable=False),
        sa.Column("key_nonce", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _belongs_to("factor_step", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_factor_step_begun_at"), "factor_step", ["begun_at"], unique=False)


def downgrade() -> None:
    for name in ("factor_step", "passkey", "recovery_code", "authenticator"):
        op.drop_table(name)
    op.drop_column("session", "proved_at")


def _belongs_to(table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{other}_id_{other}")
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name, ondelete="CASCADE")
