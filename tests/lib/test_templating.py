"""What is the same each time a template is drawn is written into it once."""

import pytest

from opm.lib import i18n


@pytest.fixture
def drawn(app):
    """`drawn(source)` draws a template twice, and gives what stood there the second time."""

    def drawn(source, **values):
        template = app.jinja_env.from_string(source)
        template.render(**values)
        return template.render(**values)

    return drawn


@pytest.fixture
def asked(monkeypatch):
    """The texts that were looked up so far."""
    asked = []

    class Shouting:
        def gettext(self, message):
            asked.append(message)
            return message.replace("Read", "READ")

    monkeypatch.setattr(i18n, "_texts", Shouting)
    return asked


def test_a_text_that_nothing_is_filled_into_is_looked_up_once(drawn, asked):
    assert drawn("{{ _('Read on') }}, {% trans %}Read <b>more</b>{% endtrans %}") == "READ on, READ <b>more</b>"
    assert asked == ["Read on", "Read <b>more</b>"]


def test_one_that_something_is_filled_into_is_looked_up_and_escapes_it_each_time(drawn, asked):
    source = "{% trans name=name %}Read {{ name }}{% endtrans %} {{ _('Read %(name)s', name=name) }}"
    assert drawn(source, name="<b>") == "READ &lt;b&gt; READ &lt;b&gt;"
    assert asked == ["Read %(name)s"] * 4


def test_a_text_named_by_the_page_is_looked_up_each_time(drawn, asked):
    assert drawn("{{ _(words) }}", words="Read") == "READ"
    assert asked == ["Read", "Read"]


def test_the_address_of_a_file_stands_in_the_template(app, drawn, monkeypatch):
    address = app.jinja_env.globals["asset"]("site.css")
    source = app.jinja_env.compile("{{ asset('site.css') }}", raw=True)
    assert address in source
    assert drawn("{{ asset('site.css') }}") == address


def test_what_a_template_is_given_for_itself_stays_its_own(app):
    template = app.jinja_env.from_string("{{ mine }}", globals={"mine": 1})
    assert template.render() == "1"
    assert "mine" not in app.jinja_env.globals
