"""A likely slip in an address is asked about: in the panel, where a button mends it, and where the form refuses."""

import pytest

from opm import settings
from opm.comments.models import State
from tests import cast
from tests.mailbox import code_in
from tests.stranger import Stranger, masked

SLIP, MEANT = "jo@gmial.com", "jo@gmail.com"
QUESTION, YES = f"Did you mean {MEANT} ?", "Yes, send the code there"
FIELDS = {"text": cast.WORDS, "name": "Jo Marsh"}


def write(browser, email, status=200):
    browser.visit(cast.POST)
    browser.press("Send comment", status, **FIELDS, email=email)


def test_the_panel_asks_and_one_button_sends_the_code_there(post, browser, mailbox, stored):
    write(browser, SLIP)
    assert QUESTION in browser.text
    assert mailbox.newest().recipients == [SLIP]
    browser.press(YES)
    assert "We sent a code to the new address." in browser.text
    assert "Did you mean" not in browser.text
    browser.press("Confirm my comment", code=code_in(mailbox.newest(MEANT)))
    (comment,) = stored()
    assert (comment.email, comment.state, comment.text) == (MEANT, State.PENDING, cast.WORDS)


def test_with_htmx_the_panel_asks_and_is_mended_in_place(post, stranger, mailbox):
    panel = stranger.send(email=SLIP, htmx=True)
    assert QUESTION in panel.text
    (form,) = [form for form in panel.page.find_all("form") if YES in form.get_text()]
    assert form["data-hx-post"] == form["action"]
    answer = stranger.post(form["action"], data={"email": form.find("input")["value"]}, htmx=True)
    assert MEANT in answer.text
    assert "Did you mean" not in answer.text
    assert mailbox.newest().recipients == [MEANT]


def test_nothing_changes_by_itself_and_the_address_as_typed_works(post, browser, mailbox, stored):
    write(browser, SLIP)
    browser.press("Confirm my comment", code=code_in(mailbox.newest(SLIP)))
    assert [(comment.email, comment.state) for comment in stored()] == [(SLIP, State.PENDING)]


@pytest.mark.parametrize("email", ["jo@gmail.com", "jo@ymail.com", "jo@gmx.de", "jo@mail.com", "jo@example.org"])
def test_an_address_without_a_slip_is_not_asked_about(post, browser, email):
    write(browser, email)
    assert "Did you mean" not in browser.text


def test_the_sites_own_domain_is_known(post, browser, inside):
    with inside():
        settings.change(contact_email="open@northmere.example")
    write(browser, "ines@nothmere.example")
    assert "Did you mean ines@northmere.example ?" in browser.text


def test_domains_of_other_commenters_are_not_known(post, browser, inside):
    with inside():
        cast.a_comment(post, State.PUBLISHED, email="eve@somewhere.example", text="Other words.")
    write(browser, "jo@somwhere.example")
    assert "Did you mean" not in browser.text


@pytest.mark.parametrize("state", [State.UNCONFIRMED, State.PENDING, State.PUBLISHED])
def test_the_question_is_the_same_whatever_became_of_the_comment(app, post, inside, state):
    with inside():
        cast.a_comment(post, state, email=SLIP)
    eve = Stranger(app, address="198.51.100.9")
    repeat, new = (eve.send(text=text, email=SLIP, htmx=True) for text in (cast.WORDS, "These are new here."))
    assert QUESTION in repeat.text
    assert masked(repeat) == masked(new)


@pytest.mark.parametrize("typed", ["jo@gmail,com", "jo@gmail com", "jo@gmail", "jo@gmail..com", "jo@gmail.com."])
def test_where_the_form_refuses_it_asks_and_leaves_what_was_typed(post, browser, typed):
    write(browser, typed, status=422)
    assert f"Did you mean {MEANT}?" in browser.page.find(id="email-error").get_text()
    assert browser.page.find(id="email")["value"] == typed
    assert browser.page.find(class_="problem").find("a", href="#email")


def test_where_the_panel_refuses_a_new_address_it_asks_too(post, stranger):
    panel = stranger.send().location
    answer = stranger.post(f"{panel}/address", data={"email": "jo@hotmial,com"})
    assert answer.status == 422
    assert "Did you mean jo@hotmail.com?" in answer.text


def test_what_is_asked_could_exist_and_is_shown_as_text(post, stranger):
    for typed in ('"><script>@gmail,com', "j o@gmail,com", ".@gmail,com", "ädä@gmail,com", "a" * 250 + "@gmail,com"):
        answer = stranger.send(email=typed)
        assert answer.status == 422
        assert not [script for script in answer.page.find_all("script") if not script.get("src")]
        assert "Did you mean" not in answer.text
