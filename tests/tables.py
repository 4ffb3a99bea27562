"""Every row of every table, to see that nothing has changed."""

from sqlalchemy import select

from opm.extensions import db, reading


def rows(app, *besides: str) -> dict[str, list]:
    """All that the database holds, by table. Leaves out the tables that are named."""
    with app.app_context(), reading():
        return {
            table.name: sorted(map(repr, db.session.execute(select(table)).all()))
            for table in db.metadata.sorted_tables
            if table.name not in besides
        }
