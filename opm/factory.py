"""Puts the app together."""

from flask import Flask, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from opm import cli, config, errors, extensions, feeds, filters, look, settings, site
from opm.accounts import desk as accounts_desk
from opm.accounts import elections, sessions_desk
from opm.accounts import emails as account_emails
from opm.accounts import views as accounts
from opm.accounts.abilities import roles_in_words
from opm.accounts.access import RowSessions, is_somebody
from opm.accounts.factors import demand_desk
from opm.accounts.factors import desk as factors_desk
from opm.accounts.factors import emails as factor_emails
from opm.comments import bulk_desk, decisions_desk, entering_desk, handing_desk, keys_desk, replying_desk, threads_desk
from opm.comments import desk as comments_desk
from opm.comments import emails as comment_emails
from opm.comments import views as comments
from opm.comments.inbox import emails as inbox_emails
from opm.comments.inbox import views as inbox
from opm.complaints import desk as complaints_desk
from opm.complaints import emails as complaint_emails
from opm.complaints import views as complaints
from opm.desk import account as account_desk
from opm.desk import audit as audit_desk
from opm.desk import outbox as outbox_desk
from opm.desk import settings as settings_desk
from opm.desk import staff as staff_desk
from opm.desk import views as desk
from opm.holdings import emails as holding_emails
from opm.holdings import views as holdings
from opm.keeping import views as keeping
from opm.lib import assets, caching, compression, files, headers, i18n, journal, machines, origin, templating
from opm.lib.columns import LARGEST_ID
from opm.lib.pagecache import PageCache
from opm.outbox.letters import Letterbox
from opm.posts import (
    about_desk,
    changes_desk,
    checks_desk,
    drafting_desk,
    filing_desk,
    history_desk,
    links_desk,
    menus_desk,
    pages_desk,
    previewing_desk,
)
from opm.posts import desk as posts_desk
from opm.posts import views as posts
from opm.posts.pictures import desk as pictures_desk
from opm.reports import desk as reports_desk
from opm.reports import emails as report_emails
from opm.reports import views as reports
from opm.subscriptions import addresses_emails, alert_emails, alerts, signup_emails
from opm.subscriptions import addresses_views as addresses
from opm.subscriptions import leaving_views as leaving
from opm.subscriptions import preferences_views as preferences
from opm.subscriptions import views as subscriptions
from opm.wordpress import leftovers

MOST_BYTES_TAKEN = 4 * 1024 * 1024  # what docs/deploy lets the servers in front take
BYTES_AT_A_TIME = 64 * 1024


def create_app(environ=None, **overrides) -> Flask:
    """The app, from the environment's settings and whatever a test wants otherwise. Raises ConfigError."""
    environ = {} if environ is None else environ
    _finish_a_restore(environ)
    app = Flask(
        "opm",
        static_folder=None,
        template_folder="../templates",
        instance_path=str(config.instance_folder(environ)),
    )
    app.config.from_mapping(config.from_environment(environ) | overrides)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the desk's guard checks it; public forms rest on their origin
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    app.config["WTF_CSRF_SSL_STRICT"] = False  # no Referer is needed: lib/origin.py has seen whose page sent it
    app.session_interface = RowSessions()
    app.request_class = files.FileRequest
    _set_templates_up(app)
    extensions.init(app)
    _open_rooms(app)
    _agree_on_answers(app)
    cli.init(app)
    _put_in_front(app)
    return app


def _finish_a_restore(environ):
    """One that was stopped half-way, before anything is missed (a secret would be made anew) or looked at."""
    instance = config.instance_folder(environ)
    if (instance / config.RESTORING).exists():
        from opm.keeping import putting_back  # seldom needed

        putting_back.finish(instance, environ.get("OPM_DATABASE_URL"))


def _set_templates_up(app):
    app.jinja_environment = templating.Environment
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    i18n.install(app)
    filters.init(app)
    assets.init(app)
    app.jinja_env.filters["roles_in_words"] = roles_in_words
    app.jinja_env.globals["people_to_tell"] = alerts.people_to_tell  # posts stand below who subscribes to them
    app.context_processor(lambda: {"settings": settings.current()})


def _open_rooms(app):
    """Every feature's pages. What is nested in the desk is closed by being there."""
    app.url_map.converters |= {"int": _Int, "id": _Id}
    behind_the_door = desk.blueprint(
        accounts.leaving,
        account_desk.bp,
        accounts_desk.bp,
        audit_desk.bp,
        demand_desk.bp,
        factors_desk.bp,
        factors_desk.others,
        changes_desk.bp,
        complaints_desk.bp,
        checks_desk.bp,
        comments_desk.bp,
        bulk_desk.bp,
        keys_desk.bp,
        decisions_desk.bp,
        entering_desk.bp,
        handing_desk.bp,
        replying_desk.bp,
        threads_desk.bp,
        history_desk.bp,
        links_desk.bp,
        menus_desk.bp,
        filing_desk.bp,
        outbox_desk.bp,
        pages_desk.bp,
        about_desk.bp,
        pictures_desk.bp,
        posts_desk.bp,
        drafting_desk.bp,
        previewing_desk.bp,
        reports_desk.bp,
        sessions_desk.bp,
        settings_desk.bp,
        staff_desk.bp,
    )
    for blueprint in (
        site.bp,
        look.bp,
        keeping.bp,
        posts.bp,
        feeds.bp,
        comments.bp,
        inbox.bp,
        reports.bp,
        complaints.bp,
        holdings.bp,
        subscriptions.bp,
        preferences.bp,
        addresses.bp,
        leaving.bp,
        accounts.bp,
        leftovers.bp,
        behind_the_door,
    ):
        app.register_blueprint(blueprint)
    app.extensions["letterbox"] = letterbox = Letterbox()
    letterbox.add(account_emails.RENDERERS)
    letterbox.add(factor_emails.RENDERERS)
    letterbox.add(comment_emails.RENDERERS)
    letterbox.add(inbox_emails.RENDERERS)
    letterbox.add(report_emails.RENDERERS)
    letterbox.add(complaint_emails.RENDERERS)
    letterbox.add(holding_emails.RENDERERS)
    letterbox.add(signup_emails.RENDERERS)
    letterbox.add(addresses_emails.RENDERERS)
    letterbox.add(alert_emails.RENDERERS)


def _agree_on_answers(app):
    """What holds for every request: whose page sent it, how it may be kept, what browsers are told."""
    errors.init(app)
    journal.init(app)
    app.before_request(_no_nul)
    app.before_request(_our_host_and_page)
    app.before_request(lambda: files.make_room(is_somebody))
    app.before_request(_read_the_form_first)
    app.before_request(_read_the_version_first)
    app.before_request(lambda: elections.go_ahead(request.method == "POST" and bool(request.form.get("although"))))
    app.after_request(_take_the_rest)
    app.after_request(headers.add)  # what is tied last acts first: compress, then compare tags, then headers
    app.after_request(caching.finish)
    app.after_request(compression.finish)


def _put_in_front(app):
    """What a request meets on its way to Flask, the last first: static files, kept pages, what proxies say of it."""
    if count := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)
    app.wsgi_app = app.extensions["pages"] = PageCache(app, app.wsgi_app)
    app.wsgi_app = assets.in_front_of(app)


def _no_nul():
    """No address holds a NUL. SQLite would find nothing there; PostgreSQL refuses even to look."""
    if "\0" in request.path:
        abort(404)


def _our_host_and_page():
    """Not for machines: they may know the site by a number only, and are told nothing that hangs on its name."""
    if not machines.is_asking():
        origin.check()


def _read_the_form_first():
    """All of it, before the database is asked anything: who sends slowly must not hold its lock for writing."""
    if request.method not in extensions.SAFE_METHODS:
        request.get_data(parse_form_data=True)


def _take_the_rest(response):
    """Of a body over the limit: closing a line that still brings something breaks it, and the page is lost with it."""
    left = MOST_BYTES_TAKEN if response.status_code == 413 else 0
    while left > 0 and (taken := request.environ["wsgi.input"].read(min(left, BYTES_AT_A_TIME))):
        left -= len(taken)
    return response


def _read_the_version_first():
    """Whatever a reader is shown is at least as new as the public version that was read before it."""
    if request.method in extensions.SAFE_METHODS and not machines.is_asking():
        caching.begin(settings.current().version)


class _Int(IntegerConverter):
    """A number in plain digits: an address is written in one way only."""

    regex = "[0-9]+"


class _Id(_Int):
    """A row's number, as far as databases can count."""

    def __init__(self, map):
        super().__init__(map, min=1, max=LARGEST_ID)
