"""The migrations make just the tables that the models describe, on both databases, and can be gone through at once."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from opm.extensions import Model, db, migrate


def test_the_migrations_make_the_tables_of_the_models(app):
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Model.metadata) == []


def test_there_is_one_line_of_migrations(app):
    with app.app_context():
        assert len(migrate.script_directory.get_heads()) == 1
