"""Importing in a story: `bring(text)` imports a file with this text, as the command does."""

import pytest

from opm.extensions import db
from opm.wordpress.importing import import_file


@pytest.fixture
def file(tmp_path):
    """`file(text)` is the path of a file with this text, or these bytes."""

    def file(text):
        path = tmp_path / "export.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return file


@pytest.fixture
def bring(app, file):
    """Imports a file with this text and commits. Returns the summary."""

    def bring(text):
        with app.app_context():
            summary = import_file(file(text))
            db.session.commit()
        return summary

    return bring
