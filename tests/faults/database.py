"""Looking into the database of a site that runs in processes of its own."""

from opm.extensions import db
from opm.factory import create_app
from tests.running import Site


def looking(site: Site, question):
    """What a site's database answers to a question."""
    app = create_app(site.environ)
    with app.app_context():
        try:
            return question()
        finally:
            db.session.remove()
            db.engine.dispose()
