"""Texts in templates: escaped where the page is HTML, plain in a mail, never kept from another language or zone."""

from datetime import UTC, datetime

from flask import render_template_string

from opm import settings
from opm.filters import day
from opm.lib import i18n


def test_what_is_filled_in_is_escaped_and_a_percent_sign_is_one(app):
    with app.test_request_context("/"):
        text = render_template_string("{{ _('%(name)s gave 100 %%', name='<b>') }} {{ _('50 %%') }} {{ _('it’s') }}")
    assert text == "&lt;b&gt; gave 100 % 50 % it’s"


def test_a_mail_is_text(app):
    template = app.jinja_env.overlay(autoescape=False).from_string("{{ _('%(name)s & co', name='<b>') }}")
    assert template.render() == "<b> & co"


def test_a_day_is_told_in_the_catalogue_and_in_the_zone_of_this_moment(app, inside, monkeypatch):
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    with inside():
        assert day(at) == "2 July 2026"
        settings.change(zone="America/New_York")
        assert day(at) == "1 July 2026"

        class Shouting:
            def gettext(self, message):
                return message.upper() if "%" not in message else message

        monkeypatch.setattr(i18n, "_texts", Shouting)
        assert day(at) == "1 JULY 2026"
