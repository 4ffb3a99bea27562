"""What an answer costs: the SQL statements that it took, and its bytes on the wire."""

import contextlib

import brotli
from sqlalchemy import event

from opm.extensions import db


class Statements(list):
    """The statements, in order. Printed, they are one a line."""

    def __str__(self):
        return "\n".join(f"{number}. {' '.join(statement.split())}" for number, statement in enumerate(self, 1))


@contextlib.contextmanager
def counting(app):
    """`with counting(app) as statements:` notes each SQL statement that the app sends."""
    statements = Statements()

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def compressed(answer) -> int:
    """How many bytes of body came over the wire, for a request that accepted brotli."""
    assert answer.headers["Content-Encoding"] == "br"
    with answer:
        assert brotli.decompress(answer.data)
        return len(answer.data)
